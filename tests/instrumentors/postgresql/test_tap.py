"""The tap: what a client and a server say to each other, and the exchanges that come of it."""

from __future__ import annotations

from pathlib import Path
from struct import pack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import timetracer
from services.postgresql_flows import COPY_IN, FLOWS, SELECT
from services.postgresql_transcripts import (
    BOUND,
    COPY_DONE,
    FLUSH,
    ID,
    IDLE,
    NO_DATA,
    OPENING,
    PARSED,
    SYNC,
    TERMINATE,
    Client,
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
    run,
    special,
    told,
)
from timetracer.cassette import files
from timetracer.cassette.model import Exchange
from timetracer.errors import FailedVerdict, ReplayError
from timetracer.recording import faults
from timetracer.seams.wire import TappedLine, Wire
from timetracer_instrumentors.postgresql import POSTGRESQL
from timetracer_instrumentors.postgresql import messages as m

ONE = row(b"1", b"ann")


def asked(exchanges: list[Exchange]) -> list[str]:
    return [exchange.key for exchange in operations(exchanges)]


def responses(exchanges: list[Exchange]) -> list[dict[str, Any]]:
    return [dict(exchange.response or {}) for exchange in operations(exchanges)]


@pytest.mark.parametrize("chunk", [1, 3, 7])
@pytest.mark.parametrize("flow", FLOWS)
def test_where_the_bytes_are_split_does_not_matter(path: Path, flow: str, chunk: int) -> None:
    whole = conversation(path, *FLOWS[flow])
    pieces = conversation(path, *FLOWS[flow], chunk=chunk)
    assert [(each.request, each.request_body, each.response, each.response_body) for each in pieces] == [
        (each.request, each.request_body, each.response, each.response_body) for each in whole
    ]


def test_one_execute_is_one_exchange(path: Path) -> None:
    (exchange,) = operations(conversation(path, *FLOWS["extended"]))
    assert exchange.request == {"sql": SELECT, "parameters": {"id": 5}, "types": [23], "database": "shop"}
    assert exchange.response == {
        "columns": [["id", 23, 4, -1, 16400, 1], ["name", 25, -1, -1, 16400, 2]],
        "rows": [{"id": 1, "name": "ann"}, {"id": 2, "name": None}],
        "tag": "SELECT 2",
        "transaction": "idle",
    }
    assert (exchange.request_body, exchange.response_body) == (None, None)


def test_a_portal_is_executed_in_parts(path: Path) -> None:
    found = operations(conversation(path, *FLOWS["a portal in parts"]))[2:]
    assert [(exchange.request["limit"], exchange.request.get("execution", 1)) for exchange in found] == [
        (1, 1),
        (1, 2),
        (1, 3),
    ]
    assert [response.get("suspended", False) for response in responses(found)] == [True, True, False]


def test_executions_that_the_server_skipped_are_no_exchanges(path: Path) -> None:
    many = (
        parse("insert into t values ($1)", "s")
        + b"".join(bind(b"%d" % n, name="s") + execute() for n in range(4))
        + SYNC
    )
    done = BOUND + complete("INSERT 0 1")
    found = conversation(
        path,
        (many, PARSED + done + BOUND + error("23505", "duplicate") + IDLE),
        (run("select 1 as x") + SYNC, told(tag="SELECT 0") + IDLE),
    )
    assert [exchange.request.get("parameters") for exchange in operations(found)] == [["0"], ["1"], []]
    assert ["error" in response for response in responses(found)] == [False, True, False]


def test_what_comes_after_the_failure_and_before_sync_is_skipped(path: Path) -> None:
    found = conversation(path, (run("select 1/0"), PARSED + BOUND + error()), (run("select 2"), b""), (SYNC, IDLE))
    assert asked(found) == ["select 1/0"]


@pytest.mark.parametrize(
    "answer", [error("42601", "syntax"), PARSED + error("22P02", "bind"), PARSED + BOUND + NO_DATA + error()]
)
def test_an_error_on_the_way_belongs_to_the_execute(path: Path, answer: bytes) -> None:
    found = conversation(path, (run("select $1", b"x") + SYNC, answer + IDLE))
    assert asked(found) == ["select $1"]
    assert "error" in responses(found)[0]


def test_an_error_while_describing_belongs_to_the_preparing(path: Path) -> None:
    found = conversation(
        path, (parse("select x", "s") + describe(b"S", "s") + FLUSH, PARSED + error("0A000", "plan")), (SYNC, IDLE)
    )
    assert asked(found) == ["prepare select x"]
    assert "error" in responses(found)[0]


def test_settings_and_notices_are_of_the_operation_during_which_they_are_said(path: Path) -> None:
    first = PARSED + BOUND + NO_DATA + notice("careful") + complete("SET")
    found = conversation(
        path,
        (
            run("set a to b") + SYNC + run("select 1 as id") + SYNC,
            first + m.parameter_status("a", "b") + IDLE + told(tag="SELECT 0") + IDLE,
        ),
        (b"", notice("nobody asked") + m.parameter_status("x", "y")),
    )
    said, other = responses(found)
    assert (said["parameters"], said["notices"]) == (
        {"a": "b"},
        [{"severity": "NOTICE", "sqlstate": "00000", "message": "careful"}],
    )
    assert not {"parameters", "notices"} & other.keys()


def test_the_state_of_the_transaction_is_kept(path: Path) -> None:
    found = conversation(path, *FLOWS["transactions"])
    assert [response["transaction"] for response in responses(found)] == ["open", "open", "failed", "open", "idle"]


# --- COPY -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flow", ["copy in", "copy in without waiting", "copy in, extended"])
def test_uploads_are_bodies_of_requests(path: Path, flow: str) -> None:
    copies = [each for each in operations(conversation(path, *FLOWS[flow])) if each.key.startswith("copy")]
    assert copies[0].request["copy"] == "done"
    assert (copies[0].request_body or b"").startswith(b"1\ta\n")
    assert "unread" not in copies[0].request


def test_data_goes_to_its_own_copy_in_a_pipeline(path: Path) -> None:
    client = run("select 1 as id") + SYNC + query("copy t from stdin") + copy_data(b"1\n") + COPY_DONE
    server = told(row(b"1"), shape=[ID]) + IDLE + COPY_IN + complete("COPY 1") + IDLE
    found = operations(conversation(path, (client, server)))
    assert [exchange.request_body for exchange in found] == [None, b"1\n"]


def test_an_upload_that_fails_halfway_was_not_read_to_its_end(path: Path) -> None:
    found = operations(
        conversation(
            path,
            (query("copy t from stdin"), COPY_IN),
            (copy_data(b"x\n"), error("22P02", "bad") + IDLE),
            (copy_data(b"y\n") + COPY_DONE, b""),
            (query("select 1 as id"), columns(ID) + row(b"1") + complete("SELECT 1") + IDLE),
        )
    )
    assert [exchange.key for exchange in found] == ["copy t from stdin", "select 1 as id"]
    assert found[0].request["unread"] is True
    assert "copy" not in found[0].request


def test_an_upload_that_never_began_has_no_body(path: Path) -> None:
    first, second, _ = operations(conversation(path, *FLOWS["copy in that never begins"]))
    assert first.request_body is second.request_body is None
    assert not {"copy", "unread"} & first.request.keys()


def test_an_upload_that_the_client_gives_up(path: Path) -> None:
    found = operations(conversation(path, *FLOWS["copy in that the client gives up"]))
    assert [exchange.request["copy"] for exchange in found] == ["failed: no more", "done"]


def test_downloads_are_bodies_of_responses(path: Path) -> None:
    first, second = operations(conversation(path, *FLOWS["copy out"]))
    assert (first.response_body, second.response_body) == (b"1\ta\n2\t\\N\n", None)
    assert first.response is not None
    assert (first.response["copy"], first.response["pieces"]) == (["out", 0, [0, 0]], [4, 5])


# --- ends -------------------------------------------------------------------------------------------------------------


def test_a_connection_that_is_lost_in_the_midst(path: Path) -> None:
    found = conversation(
        path,
        (run("select 1 as id") + SYNC + run("select 2 as id") + SYNC, told(shape=[ID], tag="SELECT 0") + IDLE + PARSED),
    )
    assert asked(found) == ["select 1 as id", "select 2 as id"]
    assert operations(found)[1].response is None


def test_what_was_answered_before_the_loss_is_kept(path: Path) -> None:
    found = conversation(path, (run("select 1 as id") + SYNC, told(shape=[ID], tag="SELECT 0")))
    assert responses(found)[0]["tag"] == "SELECT 0"


def test_the_server_ends_the_connection(path: Path) -> None:
    (response,) = responses(conversation(path, *FLOWS["the server goes away"]))
    assert response["error"]["severity"] == "FATAL"


def test_a_cancel_that_came_too_late_cancels_nothing(path: Path) -> None:
    with timetracer.record(path):
        line, other = Wire(POSTGRESQL).tap(), Wire(POSTGRESQL).tap()
        for client, server in (OPENING, (query("select 1 as id"), columns(ID))):
            line.sent(client)
            line.received(server)
        other.sent(special(m.CANCEL_REQUEST, pack("!II", 77, 99)))
        line.received(complete("SELECT 0") + IDLE)
        line.sent(query("select 1/0"))
        line.received(error() + IDLE)
        line.closed()
    (cassette,) = files.read(path)
    assert [response.get("cancelled") for response in responses(cassette.exchanges)] == [None, None]


def test_facts_of_a_connection_that_nobody_recorded_are_remembered(path: Path) -> None:
    line = Wire(POSTGRESQL).tap()
    for client, server in (OPENING, *FLOWS["prepared, then used twice"][:1]):
        line.sent(client)
        line.received(server)
    with timetracer.record(path):
        client, server = FLOWS["prepared, then used twice"][1]
        line.sent(client)
        line.received(server)
    line.closed()
    (cassette,) = files.read(path)
    assert sorted(exchange.key.split()[0] for exchange in cassette.exchanges) == ["connect", "select"]


def test_a_portal_that_the_tap_does_not_know_is_let_alone(path: Path) -> None:
    found = conversation(
        path, (execute("gone") + SYNC, error("34000", "gone") + IDLE), (query("select 1"), complete("SELECT 0") + IDLE)
    )
    assert asked(found) == ["select 1"]


# --- whatever comes ---------------------------------------------------------------------------------------------------

FEEDS = st.lists(
    st.tuples(
        st.booleans(),
        st.binary(max_size=30)
        | st.builds(
            m.message,
            st.sampled_from([bytes([code]) for code in b"PBDECSHQFXpdcf123tTnCIsGHVENSAKZ"]),
            st.binary(max_size=12),
        )
        | st.sampled_from([part for flow in FLOWS.values() for turn in flow for part in turn]),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(FEEDS)
def test_a_driver_never_hears_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, feeds: list[tuple[bool, bytes]]
) -> None:
    monkeypatch.setattr(faults, "raising", False)
    with timetracer.record(path):
        line: TappedLine = Wire(POSTGRESQL).tap()
        for client, server in (OPENING, *FLOWS["extended"]):
            line.sent(client)
            line.received(server)
        for sent, data in feeds:
            (line.sent if sent else line.received)(data)
        line.closed()
    (cassette,) = files.read(path)
    assert SELECT in [exchange.key for exchange in cassette.exchanges]


def test_what_cannot_be_followed_is_no_exchange(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", False)
    found = conversation(path, (run("select 1 as id") + SYNC, b"D\0\0\0\1 no message"), (TERMINATE, b""))
    assert asked(found) == []


@pytest.mark.parametrize(
    "answer",
    [
        PARSED + BOUND + m.message(b"T", b"\0\1id") + complete("SELECT 0"),
        PARSED + BOUND + columns(ID) + m.message(b"D", b"\0\2") + complete("SELECT 1"),
        PARSED + BOUND + columns(ID) + row(b"1", b"too many") + complete("SELECT 1"),
        PARSED + BOUND + m.message(b"E", b"Mno end"),
        PARSED + BOUND + NO_DATA + m.message(b"N", b"Sno end") + complete("SELECT 0"),
    ],
)
def test_an_answer_that_cannot_be_read_says_so(path: Path, answer: bytes) -> None:
    (response,) = responses(conversation(path, (run("select 7 as id") + SYNC, answer + IDLE)))
    assert [*response] == ["unreadable"]
    with (
        timetracer.replay(path),
        pytest.raises(ReplayError, match="select 7 as id: response in the cassette could not"),
    ):
        Client().says(run("select 7 as id") + SYNC)


def test_rows_over_the_limit_are_left_out_and_that_is_said(path: Path) -> None:
    answer = told(*[row(b"1", b"x" * 500)] * 50) + IDLE
    said = run("select 1 as id, 'x' as name") + SYNC
    (exchange,) = operations(conversation(path, (said, answer), max_body_bytes=1000))
    assert exchange.response is not None
    assert (exchange.response["rows"], exchange.response["omitted"]) == ([], 50 * len(row(b"1", b"x" * 500)))
    with pytest.raises(FailedVerdict), timetracer.replay(path, max_body_bytes=1000):
        client = Client()
        with pytest.raises(ReplayError, match="without its body"):
            client.says(said)
