"""The data of a binary COPY as it is compared, and what of it may be another in each run."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from struct import pack
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timetracer
from services.postgresql_transcripts import (
    COPY_DONE,
    IDLE,
    Client,
    complete,
    conversation,
    copy_data,
    operations,
    query,
)
from timetracer.errors import FailedVerdict, UnmatchedCall
from timetracer_instrumentors.postgresql import messages as m
from timetracer_instrumentors.postgresql.copied import LIMIT, SIGNATURE, comparable

COPY = query("copy events from stdin (format binary)")
ASKED_FOR_DATA, DONE = m.copy_response(b"G", 1, [1, 1]), complete("COPY 1") + IDLE
BORN = b"\x00\x02\xff\x57\x8f\xe7\x00\x00"  # some day in 2026


def copied(*rows: tuple[bytes | None, ...]) -> bytes:
    return SIGNATURE + b"".join(pack("!h", len(row)) + b"".join(map(m.value, row)) for row in rows) + b"\xff\xff"


def moment(since: timedelta) -> bytes:
    then = datetime.now(timezone.utc) + since
    return ((then - datetime(2000, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)).to_bytes(8, "big")


def test_moments_and_uuids_are_seen_and_all_else_is_as_it_is() -> None:
    named = UUID("0195c5cf-2a36-7cc0-b6a4-5dd5fd6e3a32")
    found = comparable(
        copied((b"ann", BORN, named.bytes), (None, pack("!q", 7), b"sixteen letters!"), (b"\xff", b"", b""))
    )
    assert found == (
        '[["ann",{"moment":"2026-09-26 01:31:34.939648"},{"uuid":"0195c5cf-2a36-7cc0-b6a4-5dd5fd6e3a32"}],'
        '[null,"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0007","sixteen letters!"],'
        '[{"$bytes":"/w=="},"",""]]'
    )


@pytest.mark.parametrize(
    "data",
    [
        b"1\tann\n",
        SIGNATURE,
        copied((b"x",))[:-1],
        copied((b"x",)) + b"more",
        SIGNATURE[:-1] + b"\1" + copied((b"x",))[len(SIGNATURE) :],
        SIGNATURE + pack("!hI", 1, 99),
        copied((bytes(LIMIT),)),
    ],
)
def test_what_is_no_binary_copy_is_compared_as_it_is(data: bytes) -> None:
    assert comparable(data) is data


@given(
    st.lists(st.tuples(st.none() | st.binary(max_size=20), st.none() | st.binary(min_size=8, max_size=8)), max_size=3)
)
def test_other_data_read_otherwise(rows: list[tuple[bytes | None, ...]]) -> None:
    read = comparable(copied(*rows))
    for at in range(len(rows)):
        other = [*rows[:at], (b"another", *rows[at][1:]), *rows[at + 1 :]]
        assert (comparable(copied(*other)) == read) == (other == rows)


def test_a_moment_and_a_generated_uuid_in_it_may_be_others(path: Path) -> None:
    def said(name: bytes) -> bytes:
        return copy_data(copied((name, moment(timedelta(days=1)), uuid4().bytes))) + COPY_DONE

    found = conversation(path, (COPY, ASKED_FOR_DATA), (said(b"ann"), DONE))
    assert operations(found)[0].request_body is not None
    with timetracer.replay(path) as block:
        client = Client()
        assert client.says(COPY) == ASKED_FOR_DATA
        assert client.says(said(b"ann")) == DONE
    assert sorted(block.verdict.relaxed[0][1]) == [
        "generated identifier (request.body[0][2].uuid)",
        "timestamp (request.body[0][1].moment)",
    ]
    with pytest.raises(FailedVerdict), timetracer.replay(path):
        client = Client()
        client.says(COPY)
        with pytest.raises(UnmatchedCall, match=r'request\.body\[0\]\[0\]: recorded "ann", asked "bob"'):
            client.says(said(b"bob"))
