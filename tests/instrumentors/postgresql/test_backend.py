"""The backend: what a client says, and what it is answered from a cassette. Transcripts, bytes in and bytes out."""

from __future__ import annotations

import contextlib
from pathlib import Path
from struct import pack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import timetracer
from services.postgresql_flows import FLOWS, SELECT
from services.postgresql_transcripts import (
    AUTHENTICATED,
    BOUND,
    COPY_DONE,
    FAILED,
    FLUSH,
    ID,
    IDLE,
    KEY,
    NAME,
    NO_DATA,
    OPEN,
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
    copy_fail,
    describe,
    error,
    execute,
    operations,
    parse,
    query,
    replayed,
    row,
    run,
    special,
    startup,
    told,
)
from timetracer.errors import FailedVerdict, ReplayError, UnmatchedCall
from timetracer.seams.wire import Wire
from timetracer_instrumentors.postgresql import POSTGRESQL
from timetracer_instrumentors.postgresql import messages as m

ONE = row(b"1", b"ann")


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("chunk", [0, 1])
def test_what_was_recorded_is_said_again(path: Path, flow: str, chunk: int) -> None:
    """From a transcript through the tap, a cassette in a file and the backend: the same bytes."""
    conversation(path, *FLOWS[flow], chunk=chunk)
    assert replayed(path, *(client for client, _ in FLOWS[flow]), chunk=chunk, strict=True) == [
        server for _, server in FLOWS[flow]
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    order=st.lists(st.sampled_from([name for name in FLOWS if name != "the server goes away"]), max_size=5),
    chunk=st.integers(0, 50),
)
def test_flows_after_one_another(path: Path, order: list[str], chunk: int) -> None:
    turns = [turn for flow in order for turn in [*FLOWS[flow], (query("rollback"), complete("ROLLBACK") + IDLE)]]
    conversation(path, *turns, chunk=chunk)
    assert replayed(path, *(client for client, _ in turns)) == [server for _, server in turns]


# --- the start ------------------------------------------------------------------------------------------------------


def test_the_opening_is_answered_by_the_backend(path: Path) -> None:
    conversation(path, (query("select 7 as id"), columns(ID) + row(b"7") + complete("SELECT 1") + IDLE))
    with timetracer.replay(path):
        client = Client(startup(user="eve", application_name="till"))
        for expected in (
            AUTHENTICATED,
            m.parameter_status("server_version", "15.4"),
            m.parameter_status("session_authorization", "eve"),
            m.parameter_status("application_name", "till"),
        ):
            assert expected in client.greeting
        assert client.greeting.endswith(IDLE)
        assert KEY not in client.greeting


def test_clients_meet_the_processes_that_were_recorded_in_the_order_in_which_they_were_opened(path: Path) -> None:
    def key(process: int) -> bytes:
        return m.message(b"K", pack("!II", process, 99))

    with timetracer.record(path):
        wire = Wire(POSTGRESQL)
        with wire.attempt("first"):
            first = wire.tap()
        with wire.attempt("second"):
            second = wire.tap()
        for line, process in ((second, 2002), (first, 2001)):  # the encryption of the first took longer
            line.sent(OPENING[0])
            line.received(AUTHENTICATED + key(process) + IDLE)
            line.closed()
    with timetracer.replay(path):
        clients = [Client() for _ in range(4)]
    assert [client.identity[0] for client in clients] == [2001, 2002, 2002, 2002]
    assert len({client.identity for client in clients}) == 4


def test_a_notification_comes_from_the_process_that_was_recorded(path: Path) -> None:
    told = m.message(b"A", pack("!I", 4711) + m.string("news") + m.string("hello"))
    listen = query("listen news")
    found = conversation(path, (listen, complete("LISTEN") + IDLE), (b"", told), (query("select 7 as id"), IDLE))
    assert operations(found)[1].request["connection"] == {"process": 4711}
    with timetracer.replay(path):
        client = Client()
        client.says(listen)
        assert client.unasked == told


def test_encryption_is_not_needed(path: Path) -> None:
    conversation(path)
    with timetracer.replay(path):
        client = Client(None)
        assert client.says(special(m.SSL_REQUEST)) == b"N"
        assert client.says(special(m.GSSENC_REQUEST)) == b"N"
        assert client.says(OPENING[0]).startswith(AUTHENTICATED)


def test_a_connection_that_was_refused_is_refused(path: Path) -> None:
    refusal = error("28P01", "password authentication failed", "FATAL")
    conversation(path, opening=(startup("secrets"), refusal))
    with timetracer.replay(path):
        client = Client(startup("secrets"))
        assert client.greeting == refusal
        assert client.line.closing


def test_the_client_ends_the_connection(path: Path) -> None:
    conversation(path)
    with timetracer.replay(path):
        client = Client()
        assert client.says(TERMINATE) == b""
        assert client.line.closing


@pytest.mark.parametrize(
    "said", [b"\x16\x03\x01\x02\x00\x01\x00\x01", pack("!II", 8, 0x20000), pack("!II", 3, 0), b"GET / HTTP/1.1\r\n"]
)
def test_another_protocol_is_refused(path: Path, said: bytes) -> None:
    conversation(path)
    with timetracer.replay(path), pytest.raises(ReplayError, match="not PostgreSQL's protocol"):
        Client(said)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(
    said=st.binary(max_size=40)
    | st.builds(m.message, st.sampled_from([bytes([code]) for code in b"PBDECSHQFXpdcf"]), st.binary(max_size=20))
)
def test_hostile_clients_get_one_class_of_errors(path: Path, said: bytes) -> None:
    conversation(path)
    with contextlib.suppress(FailedVerdict), timetracer.replay(path):
        client = Client()
        with contextlib.suppress(ReplayError):
            client.says(said)


# --- misses ---------------------------------------------------------------------------------------------------------


def missed(path: Path, *said: bytes) -> str:
    """The text of the miss that the last of these is."""
    with pytest.raises(FailedVerdict), timetracer.replay(path):
        client = Client()
        for each in said[:-1]:
            client.says(each)
        with pytest.raises(UnmatchedCall) as miss:
            client.says(said[-1])
    return str(miss.value)


def test_a_changed_parameter_is_a_miss_that_names_it(path: Path) -> None:
    insert = "insert into users (name, age) values ($1, $2)"
    conversation(path, (run(insert, b"ann", b"30") + SYNC, PARSED + BOUND + NO_DATA + complete("INSERT 0 1") + IDLE))
    text = missed(path, run(insert, b"ann", b"31") + SYNC)
    assert 'request.parameters.age: recorded "30", asked "31"' in text
    assert "name" not in text.split("differs")[1]


def test_sql_is_not_matched_by_its_shape(path: Path) -> None:
    conversation(path, (query("select id from t where id = 1"), columns(ID) + complete("SELECT 0") + IDLE))
    assert 'recorded "select id from t where id = 1"' in missed(path, query("select id from t where id = 2"))
    assert "asked     delete from t" in missed(path, query("delete from t"))


def test_a_statement_that_nobody_prepared(path: Path) -> None:
    conversation(path)
    assert "prepare select 1 as x" in missed(path, parse("select 1 as x", "s") + describe(b"S", "s") + FLUSH)


def test_the_data_of_a_copy_is_compared(path: Path) -> None:
    conversation(path, *FLOWS["copy in"])
    text = missed(path, query("copy t from stdin"), copy_data(b"1\ta\n") + copy_data(b"9\tb\n") + COPY_DONE)
    assert "request.body" in text
    assert "request.copy" in missed(path, query("copy t from stdin"), copy_data(b"3\tc\n") + copy_fail("no"))


def test_where_data_is_cut_does_not_matter(path: Path) -> None:
    conversation(path, *FLOWS["copy in"][:2])
    said = replayed(path, query("copy t from stdin"), copy_data(b"1\ta\n2") + copy_data(b"\tb\n") + COPY_DONE)
    assert said[1] == complete("COPY 2") + IDLE


# --- across drivers -------------------------------------------------------------------------------------------------


def test_what_was_recorded_in_binary_answers_in_text(path: Path) -> None:
    """asyncpg prepares, and asks for binary; libpq sends all at once, and asks for text."""
    conversation(path, *FLOWS["prepared, then used twice"])
    said = replayed(path, run(SELECT, b"5", oids=[21]) + SYNC)
    assert said == [PARSED + BOUND + columns(ID, NAME) + row(b"5", b"x") + complete("SELECT 1") + IDLE]


def test_what_was_recorded_in_text_answers_in_binary(path: Path) -> None:
    conversation(
        path,
        (run(SELECT, b"5", oids=[21]) + SYNC, told(ONE) + IDLE),
        (run(SELECT, b"70000", oids=[23]) + SYNC, told() + IDLE),
    )
    prepared, said = replayed(
        path,
        parse(SELECT, "s") + describe(b"S", "s") + FLUSH,
        bind(pack("!i", 5), name="s", formats=[1], results=[1]) + execute() + SYNC,
    )
    assert prepared == PARSED + m.parameter_description([23]) + columns(ID, NAME)
    assert said == BOUND + row(pack("!i", 1), b"ann") + complete("SELECT 1") + IDLE


def test_an_unnamed_statement_that_is_parsed_anew_keeps_its_types(path: Path) -> None:
    """asyncpg asks for what a type is in between, by another unnamed statement, and parses its own again."""
    first, other = "select $1::int as id", "select typname from pg_type"
    use = parse(first) + bind(pack("!i", 5), formats=[1]) + execute() + SYNC
    prepared = PARSED + m.parameter_description([23]) + columns(ID)
    turns = [
        (parse(first) + describe(b"S") + FLUSH, prepared),
        (parse(other) + describe(b"S") + FLUSH, PARSED + m.parameter_description([]) + columns(NAME)),
        (use, PARSED + BOUND + row(b"5") + complete("SELECT 1") + IDLE),
    ]
    found = conversation(path, *turns)
    assert operations(found)[-1].request["parameters"] == [5]
    assert replayed(path, *(client for client, _ in turns)) == [server for _, server in turns]


def test_a_statement_takes_another_type_when_its_table_was_made_anew(path: Path) -> None:
    insert = "insert into t values ($1)"
    prepare = parse(insert) + describe(b"S") + FLUSH
    turns = [
        turn
        for oid, value in ((23, pack("!i", 5)), (21, pack("!h", 5)))
        for turn in (
            (prepare, PARSED + m.parameter_description([oid]) + NO_DATA),
            (bind(value, formats=[1]) + execute() + SYNC, BOUND + complete("INSERT 0 1") + IDLE),
        )
    ]
    conversation(path, *turns)
    assert replayed(path, *(client for client, _ in turns)) == [server for _, server in turns]


def test_a_statement_is_prepared_once_and_then_refused(path: Path) -> None:
    prepare = parse("select 1 as id", "s") + describe(b"S", "s") + SYNC
    turns = [
        (prepare, PARSED + m.parameter_description([]) + columns(ID) + IDLE),
        (prepare, error("42P05", 'prepared statement "s" already exists') + IDLE),
    ]
    conversation(path, *turns)
    assert replayed(path, *(client for client, _ in turns)) == [server for _, server in turns]


def test_parameters_of_unknown_types_are_described_as_text(path: Path) -> None:
    conversation(path, (run("select id from t where name = $1", b"x") + SYNC, told(shape=[ID]) + IDLE))
    (prepared,) = replayed(path, parse("select id from t where name = $1", "s") + describe(b"S", "s") + FLUSH)
    assert prepared == PARSED + m.parameter_description([25]) + columns(ID)


def test_a_value_that_has_no_other_form(path: Path) -> None:
    mood = NAME._replace(type=16_500)
    conversation(path, (run("select mood from t") + SYNC, told(row(b"(1,x)"), shape=[mood]) + IDLE))
    with timetracer.replay(path), pytest.raises(ReplayError, match=r"rows\[0\]\.name .*16500"):
        Client().says(run("select mood from t", results=[1]) + SYNC)


# --- what pools do --------------------------------------------------------------------------------------------------


def test_what_pools_do_when_it_suits_them_is_answered_recorded_or_not(path: Path) -> None:
    conversation(path)
    void = m.row_description([NAME._replace(name="pg_advisory_unlock_all", table=0, number=0, type=2278, size=4)])
    one = ID._replace(name="?column?", table=0, number=0)
    said = {
        query("BEGIN"): complete("BEGIN") + OPEN,
        query("SAVEPOINT a"): complete("SAVEPOINT") + OPEN,
        query("RELEASE SAVEPOINT a"): complete("RELEASE") + OPEN,
        query("ROLLBACK TO SAVEPOINT a"): complete("ROLLBACK") + OPEN,
        query("COMMIT"): complete("COMMIT") + IDLE,
        query("SELECT 1"): columns(one) + row(b"1") + complete("SELECT 1") + IDLE,
        run("select 1") + SYNC: PARSED + BOUND + columns(one) + row(b"1") + complete("SELECT 1") + IDLE,
        run(" -- ping\n ;") + SYNC: PARSED + BOUND + NO_DATA + m.message(b"I") + IDLE,
        query("SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;"): void
        + row(b"")
        + complete("SELECT 1")
        + complete("CLOSE CURSOR ALL")
        + complete("UNLISTEN")
        + complete("RESET")
        + IDLE,
        run("DISCARD ALL") + SYNC: PARSED + BOUND + NO_DATA + complete("DISCARD ALL") + IDLE,
    }
    assert replayed(path, *said, strict=True) == list(said.values())


def test_a_ping_that_is_prepared_first(path: Path) -> None:
    conversation(path)
    one = ID._replace(name="?column?", table=0, number=0)
    prepared, said = replayed(
        path,
        parse("select 1", "s") + describe(b"S", "s") + FLUSH,
        bind(name="s", results=[1]) + execute() + SYNC,
    )
    assert prepared == PARSED + m.parameter_description([]) + columns(one)
    assert said == BOUND + row(pack("!i", 1)) + complete("SELECT 1") + IDLE


def test_in_a_transaction_that_failed_only_its_end_goes_well(path: Path) -> None:
    conversation(path, (query("select 1/0"), error() + FAILED))
    said = replayed(path, query("BEGIN"), query("select 1/0"), query("SAVEPOINT a"), query("COMMIT"))
    assert b"25P02" in said[2]
    assert said[2].endswith(FAILED)
    assert said[3] == complete("ROLLBACK") + IDLE


def test_after_an_error_everything_is_skipped_until_sync(path: Path) -> None:
    conversation(path, *FLOWS["an error at Execute"])
    failing, skipped, done = replayed(
        path, run("select 1/0 as id"), run("select 'never asked'") + query("nor this"), SYNC
    )
    assert failing.endswith(error())
    assert (skipped, done) == (b"", IDLE)
