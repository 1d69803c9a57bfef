"""The use of a prepared statement, seen at a glance: the same comes of it as of its messages one by one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.postgresql_transcripts import (
    BOUND,
    FLUSH,
    ID,
    IDLE,
    NAME,
    NO_DATA,
    OPEN,
    PARSED,
    SUSPENDED,
    SYNC,
    Turn,
    bind,
    columns,
    complete,
    conversation,
    copy_data,
    describe,
    error,
    execute,
    notice,
    operations,
    parse,
    query,
    row,
)
from timetracer_instrumentors.postgresql import messages as m
from timetracer_instrumentors.postgresql.messages import Frames
from timetracer_instrumentors.postgresql.using import Use, Used, use, used

ROWS = row(b"1", b"ann") + row(b"2", None)
TAG = complete("SELECT 2")


def prepared(sql: str, *, form: bytes = b"") -> Turn:
    described = form or columns(ID, NAME)
    return parse(sql, "s") + describe(b"S", "s") + FLUSH, PARSED + m.parameter_description([23]) + described


def of(value: bytes, limit: int = 0, name: str = "s") -> bytes:
    return bind(value, name=name) + execute(limit=limit) + SYNC


def test_a_use_is_one_bind_execute_and_sync() -> None:
    said = bind(b"5", name="s")
    assert use(said + execute(limit=7) + SYNC) == Use(b"s", said[5:], 7)
    for other in (
        b"",
        said,
        said + execute(),
        bind(b"5", name="s", portal="p") + execute("p") + SYNC,
        bind(b"5", name="s") + execute("p") + SYNC,
        said + said + execute() + SYNC,
        said + execute() + execute() + SYNC,
        said + describe() + execute() + SYNC,
        said + execute() + SYNC + SYNC,
        query("select 1"),
    ):
        assert use(other) is None


def test_an_answer_is_all_there_is_from_the_binding_to_the_end() -> None:
    assert used(BOUND + ROWS + TAG + IDLE) == Used(b"SELECT 2", len(ROWS), "I")
    assert used(BOUND + TAG + OPEN) == Used(b"SELECT 2", 0, "T")
    assert used(BOUND + ROWS + SUSPENDED + OPEN) == Used(None, len(ROWS), "T")
    for other in (
        b"",
        ROWS + TAG + IDLE,
        BOUND + ROWS + IDLE,
        BOUND + ROWS + TAG,
        BOUND + ROWS[:-1] + TAG + IDLE,
        BOUND + notice("careful") + ROWS + TAG + IDLE,
        BOUND + ROWS + error() + IDLE,
        BOUND + TAG + TAG + IDLE,
        BOUND + ROWS + TAG + IDLE + IDLE,
        BOUND + m.message(b"D", IDLE),  # a value that reads like an end
        BOUND + ROWS + m.message(b"D", TAG + IDLE)[:-1] + IDLE,
    ):
        assert used(other) is None


@given(
    st.binary(max_size=80)
    | st.lists(st.sampled_from([BOUND, ROWS, TAG, SUSPENDED, IDLE, OPEN]), max_size=5).map(b"".join)
)
def test_whatever_is_seen_at_a_glance_is_there_message_by_message(data: bytes) -> None:
    found = used(data)
    if found is None:
        return
    kinds = bytes(kind for kind, _ in Frames(runs=b"D").cut(data))
    assert kinds in (b"2CZ", b"2DCZ", b"2sZ", b"2DsZ")


SAYS: dict[str, list[Turn]] = {
    "all rows": [(of(b"5"), BOUND + ROWS + TAG + IDLE)],
    "some rows": [(of(b"5", 2), BOUND + ROWS + SUSPENDED + IDLE)],
    "in a transaction": [(query("begin"), complete("BEGIN") + OPEN), (of(b"5"), BOUND + ROWS + TAG + OPEN)],
    "nothing": [(of(b"5"), BOUND + complete("SELECT 0") + IDLE)],
    "a notice": [(of(b"5"), BOUND + notice("careful") + ROWS + TAG + IDLE)],
    "an error": [(of(b"5"), BOUND + ROWS + error() + IDLE), (of(b"6"), BOUND + ROWS + TAG + IDLE)],
    "an error at once": [(of(b"5"), error() + IDLE)],
    "in two pieces": [(of(b"5"), BOUND + ROWS), (b"", TAG + IDLE), (of(b"6"), BOUND + TAG + IDLE)],
    "two at once": [(of(b"5"), b""), (of(b"6"), BOUND + ROWS + TAG + IDLE + BOUND + TAG + IDLE)],
    "the portal once more": [
        (query("begin"), complete("BEGIN") + OPEN),
        (of(b"5", 2), BOUND + ROWS + SUSPENDED + OPEN),
        (execute(limit=2) + SYNC, ROWS + TAG + OPEN),
    ],
    "no such statement": [(of(b"5", name="x"), error("26000", "no such statement") + IDLE)],
    "no answer": [(of(b"5"), b"")],
    "half an answer": [(of(b"5"), BOUND + ROWS)],
}


@pytest.mark.parametrize("says", SAYS)
def test_the_same_comes_of_it_message_by_message(path: Path, says: str) -> None:
    turns = [prepared("select id, name from users where id > $1"), *SAYS[says]]
    whole, bytewise = (conversation(path, *turns, chunk=chunk) for chunk in (0, 1))
    assert [(each.request, each.response) for each in whole] == [(each.request, each.response) for each in bytewise]
    assert len(operations(whole)) > 1 or says == "no such statement"


@pytest.mark.parametrize("limit", [len(ROWS) - 1, len(ROWS)])
def test_only_rows_count_as_the_body(path: Path, limit: int) -> None:
    turns = [prepared("select id, name from users where id > $1"), (of(b"5"), BOUND + ROWS + TAG + IDLE)]
    for chunk in (0, 1):
        last = conversation(path, *turns, chunk=chunk, max_body_bytes=limit)[-1].response or {}
        assert last.get("omitted") == (len(ROWS) if limit < len(ROWS) else None)


def test_uploads_and_channels_go_message_by_message(path: Path) -> None:
    copy = bind(name="s") + execute() + SYNC
    found = conversation(
        path,
        prepared("copy t from stdin", form=NO_DATA),
        (copy, BOUND + m.copy_response(b"G", 0, [0])),
        (copy_data(b"1\n") + m.message(b"c") + SYNC, complete("COPY 1") + IDLE),
    )
    assert operations(found)[-1].request_body == b"1\n"


@given(st.lists(st.integers(0, 120), max_size=4))
def test_runs_of_rows_come_in_one_piece_wherever_the_bytes_are_split(points: list[int]) -> None:
    data = BOUND + ROWS * 3 + TAG + ROWS + IDLE
    edges = [0, *sorted({point % (len(data) + 1) for point in points}), len(data)]
    frames = Frames(runs=b"D")
    found = [each for begin, end in pairwise(edges) for each in frames.cut(data[begin:end])]
    rows = [payload for kind, run in found if kind == ord("D") for payload in m.payloads(run)]
    assert b"".join(m.message(b"D", payload) for payload in rows) == ROWS * 4
    if not points:
        assert [chr(kind) for kind, _ in found] == ["2", "D", "C", "D", "Z"]
