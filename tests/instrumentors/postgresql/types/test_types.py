"""Every type of PostgreSQL: both forms of a value come to one plain value, and go back to the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.found import KINDS, url_of
from services.processes import Servers
from timetracer.cassette import values
from timetracer_instrumentors.postgresql import types
from timetracer_instrumentors.postgresql.types import BINARY, CODECS, TEXT
from timetracer_instrumentors.postgresql.types.catalog import ARRAYS

LITERALS: dict[str, list[str]] = {
    "bool": ["t", "f"],
    "bytea": ["", r"\x00ff10", r"\x5c78"],
    '"char"': ["a", "", "~"],
    "name": ["pg_class", ""],
    "int8": ["0", "-9223372036854775808", "9223372036854775807"],
    "int2": ["-32768", "7"],
    "int4": ["2147483647", "-1"],
    "int2vector": ["", "1 -2 3"],
    "text": ["", "ä☃\U0001f600", "NULL", " a b ", 'qu"ote\\', "$1 {}"],
    "oid": ["0", "4294967295"],
    "tid": ["(7,2)", "(0,0)"],
    "xid": ["42"],
    "cid": ["3"],
    "oidvector": ["", "1 4000000000"],
    "json": ['{"a": [1,  2], "a": 1e400}', "null", '"x"'],
    "jsonb": ['{"b": 1, "a": {"c": [null, 1.50]}}', "[]", '"\\u00e4"'],
    "jsonpath": ["$.a[*] ? (@ > 1)"],
    "xml": ["<a><b/>ä</a>", ""],
    "point": ["(1,2)", "(-1.5,1e300)", "(NaN,Infinity)"],
    "lseg": ["[(1,2),(3,4)]"],
    "path": ["((1,2),(3,4.25))", "[(0,0)]"],
    "box": ["(3,4),(1,2)"],
    "polygon": ["((0,0),(1,0),(0,1))"],
    "line": ["{1,-2,3}"],
    "circle": ["<(1,2),3>"],
    "cidr": ["10.0.0.0/8", "10.1.2.3/32", "2001:db8::/32", "::1/128"],
    "inet": ["192.168.1.5", "192.168.1.5/24", "::1", "::ffff:1.2.3.4", "::1.2.3.4", "2001:db8:0:0:1:0:0:1/64", "::"],
    "macaddr": ["08:00:2b:01:02:03"],
    "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "float4": ["0", "-0", "0.1", "1e6", "999999", "123456.7", "3.4028235e38", "1e-45", "1.17549435e-38", "16777216"],
    "float8": [
        *("0", "-0", "0.1", "1e15", "999999999999999", "1e16", "123456789012345678", "1e-4", "1.5e-5"),
        *(
            "1.7976931348623157e308",
            "5e-324",
            "2.2250738585072014e-308",
            "Infinity",
            "-Infinity",
            "1e22",
            "9007199254740993",
        ),
    ],
    "money": ["12.34", "-0.01"],
    "bpchar": ["ab  "],
    "char(5)": ["ab"],
    "varchar": ["x", ""],
    "date": [
        *("2024-02-29", "0001-01-01", "9999-12-31", "10000-01-01", "0044-03-15 BC", "0001-12-31 BC", "4713-01-01 BC"),
        *("5874897-12-31", "infinity", "-infinity", "1999-12-31"),
    ],
    "time": ["00:00", "23:59:59.999999", "12:30:00.5", "24:00"],
    "timetz": ["12:00+00", "12:00:00.25-05:30", "24:00+02", "01:02:03+01:02:03"],
    "timestamp": [
        *("2024-02-29 12:34:56.789", "2000-01-01", "1999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"),
        *("10000-01-01 00:00:00.1", "0044-03-15 12:00:00 BC", "294276-12-31 23:59:59.999999", "4713-01-01 00:00:00 BC"),
        *("infinity", "-infinity"),
    ],
    "timestamptz": [
        *("2024-02-29 12:34:56.789+02", "2000-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "infinity"),
        *("-infinity", "0044-03-15 12:00:00+00 BC", "12345-01-01 00:00:00+00"),
    ],
    "interval": [
        *(
            "0",
            "1 year",
            "-1 year",
            "14 mons",
            "-14 mons 3 days",
            "1 day",
            "-1 day",
            "1 day -1 second",
            "-1 day 2:03:04",
        ),
        *(
            "36:00:00.000001",
            "-00:00:00.5",
            "1 mon -2 days 03:04:05.6",
            "178000000 years",
            "100000 hours",
            "-1 mon 1 day",
        ),
    ],
    "bit": ["1"],
    "bit(10)": ["0101010111"],
    "varbit": ["", "01", "111111111"],
    "numeric": [
        *("0", "0.00", "-0.0001", "1.20", "100", "12345678901234567890.0123456789", "1e20", "0.00001234", "10000"),
        *("9999", "-99990000.9999", "NaN", "Infinity", "-Infinity", "1e-20", "0.10000", "12340000"),
    ],
    "numeric(10,4)": ["1.5"],
    "refcursor": ["c1"],
    "regtype": ["integer"],
    "regclass": ["pg_class"],
    "tsvector": ["'a':1 'b':2A", ""],
    "tsquery": ["'a' & !'b'"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "pg_lsn": ["16/B374D848", "0/0"],
    "pg_snapshot": ["10:20:10,14"],
    "xid8": ["18446744073709551615"],
    "int4range": ["empty", "[1,5)", "(,5)", "[1,)", "(,)"],
    "numrange": ["[1.5,2.50]", "(-Infinity,NaN)", "[,7]"],
    "tsrange": ["[2024-01-01 10:00,2024-01-02 11:00)", "(,infinity]"],
    "tstzrange": ["[2024-01-01 10:00+02,)", "(-infinity,2024-01-01 00:00+00]"],
    "daterange": ["[2024-01-01,2024-02-01)", "[0044-03-15 BC,)"],
    "int8range": ["[-5,5)"],
    "int4multirange": ["{}", "{[1,3),[5,9)}", "{(,)}"],
    "tstzmultirange": ["{[2024-01-01 10:00+02,2024-01-01 11:00+02),[2025-01-01 00:00+00,)}"],
    "nummultirange": ["{[1.0,2.0],(3,4)}"],
    "int4[]": ["{}", "{1,NULL,3}", "{{1,2},{3,4}}", "[0:1]={1,2}", "[-1:0][2:3]={{1,2},{3,4}}", "{{{1}},{{2}}}"],
    "text[]": ['{a,"b c",NULL,"NULL","","q\\"\\\\","{}","a,b"," x ","tab\t","new\nline",ä}', "{null}"],
    "bool[]": ["{t,f,NULL}"],
    "bytea[]": [r'{"\\x00","\\x"}'],
    "float8[]": ["{1.5,NaN,Infinity,-0}"],
    "float4[]": ["{0.1,1e10}"],
    "numeric[]": ["{1.20,NaN}"],
    "date[]": ['{2024-01-01,infinity,"0044-03-15 BC"}'],
    "timestamptz[]": ['{"2024-01-01 10:00:00+02"}'],
    "timetz[]": ["{12:00:00+02}"],
    "interval[]": ['{"1 day","-00:00:01"}'],
    "jsonb[]": ['{"{\\"a\\": 1}","[]"}'],
    "uuid[]": ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"],
    "box[]": ["{(3,4),(1,2);(1,1),(0,0)}"],
    "point[]": ['{"(1,2)","(3,4)"}'],
    "inet[]": ["{10.0.0.1,::1}"],
    "int4range[]": ['{"[1,5)",empty}'],
    "int4multirange[]": ['{"{[1,3),[5,9)}"}'],
    "oidvector[]": ['{"1 2",""}'],
    "bit(3)[]": ["{101}"],
    '"char"[]': ['{a,""}'],
    "xml[]": ["{<a/>}"],
}
"""Values that a real server is asked for in both forms: SQL literals by type."""
ONLY_TEXT = {"money", "regtype", "regclass", "tsvector", "tsquery", "pg_snapshot"}
"""Types whose binary form stays raw."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    servers = Servers(tmp_path_factory.mktemp("servers"))
    with psycopg.connect(url_of(KINDS["postgresql"], servers), autocommit=True) as connection:
        connection.execute("set TimeZone = UTC")
        yield connection
    servers.close()


def forms(server: psycopg.Connection, kind: str, literal: str) -> tuple[int, bytes, bytes]:
    """A value's type, text form and binary form, as the server itself writes them."""
    oid, found = 0, []
    for form in (TEXT, BINARY):
        query = "select '{}'::{}".format(literal.replace("'", "''"), kind)
        result = server.pgconn.exec_params(query.encode(), None, result_format=form)
        assert result.get_value(0, 0) is not None, result.error_message
        oid = result.ftype(0)
        found.append(result.get_value(0, 0) or b"")
    return oid, found[0], found[1]


@pytest.mark.services
@pytest.mark.parametrize("kind", LITERALS)
def test_both_forms_of_what_a_server_sends_are_one_value(server: psycopg.Connection, kind: str) -> None:
    for literal in LITERALS[kind]:
        oid, text, binary = forms(server, kind, literal)
        value = types.decode(oid, TEXT, text)
        assert not is_raw(value), (literal, text)
        assert types.encode(oid, TEXT, value) == text
        if kind in ONLY_TEXT:
            assert types.decode(oid, BINARY, binary) == {"raw": binary}
            assert types.encode(oid, BINARY, {"raw": binary}, BINARY) == binary
            continue
        again = types.decode(oid, BINARY, binary)
        assert repr(again) == repr(value), literal
        assert types.encode(oid, BINARY, value) == binary
        assert types.encode(oid, TEXT, again) == text
        assert repr(values.loads(values.dumps(again))) == repr(again)


def is_raw(value: object) -> bool:
    return isinstance(value, dict) and "raw" in value


# --- what only its own database knows --------------------------------------------------------------------------------

SCHEMA = f"timetracer_types_{os.getpid()}"  # other workers have theirs on the same server
OWN_TYPES = f"""
    create schema {SCHEMA};
    set search_path = {SCHEMA}, public;
    create type mood as enum ('sad', 'so so', 'happy');
    create domain positive as int check (value > 0);
    create type pair as (a int, b text, c mood);
    create type nest as (p pair, n numeric, xs text[]);
"""


@pytest.fixture(scope="module")
def own_types(server: psycopg.Connection) -> Iterator[psycopg.Connection]:
    server.execute(f"drop schema if exists {SCHEMA} cascade")
    server.execute(OWN_TYPES)
    yield server
    server.execute(f"drop schema {SCHEMA} cascade")


@pytest.mark.services
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'so so'::mood", "so so"),
        ("'7'::positive", 7),
        ("row(1, 'a b'::text, null)", {"fields": [[23, 1], [25, "a b"], [705, None]]}),
    ],
)
def test_what_the_binary_form_tells(own_types: psycopg.Connection, expression: str, expected: object) -> None:
    oid, text, binary = asked(own_types, expression)
    value = types.decode(oid, BINARY, binary)
    assert value == expected
    assert types.encode(oid, TEXT, value) == text


@pytest.mark.services
@pytest.mark.parametrize(
    "expression",
    [
        "'{sad,\"so so\",NULL}'::mood[]",
        "'[0:1]={sad,happy}'::mood[]",
        "row(1, 'a, b \"x\"', 'sad')::pair",
        "row(row(1, '', null)::pair, 1.50, array['x','y z'])::nest",
        "array[row(1, 'a', 'sad')::pair, null]",
        "row()",
        "array[row(1, 'x')]",
    ],
)
def test_what_is_made_of_others_can_be_had_as_text(own_types: psycopg.Connection, expression: str) -> None:
    oid, text, binary = asked(own_types, expression)
    value = types.decode(oid, BINARY, binary)
    assert not is_raw(value)
    assert types.encode(oid, BINARY, value) == binary
    assert types.encode(oid, TEXT, value) == text
    assert types.encode(oid, TEXT, types.decode(oid, TEXT, text)) == text
    assert values.loads(values.dumps(value)) == value


def asked(server: psycopg.Connection, expression: str) -> tuple[int, bytes, bytes]:
    query = f"select {expression}".encode()
    text, binary = (server.pgconn.exec_params(query, None, result_format=form) for form in (TEXT, BINARY))
    return text.ftype(0), text.get_value(0, 0) or b"", binary.get_value(0, 0) or b""


@pytest.mark.services
@pytest.mark.parametrize(
    ("settings", "kind", "literal"),
    [
        ("DateStyle = German", "date", "2024-02-03"),
        ("DateStyle = SQL", "timestamptz", "2024-02-03 10:00:00+00"),
        ("IntervalStyle = iso_8601", "interval", "1 year 2 days"),
        ("IntervalStyle = sql_standard", "interval", "1 day 2 hours"),
        ("IntervalStyle = postgres_verbose", "interval", "1 day 2 hours"),
        ("bytea_output = escape", "bytea", "\\x00ff"),
    ],
)
def test_other_styles_stay_raw(server: psycopg.Connection, settings: str, kind: str, literal: str) -> None:
    server.execute(f"set {settings}")
    oid, text, binary = forms(server, kind, literal)
    server.execute("reset all")
    server.execute("set TimeZone = UTC")
    assert types.decode(oid, TEXT, text) == {"raw": text.decode()}
    assert types.encode(oid, TEXT, {"raw": text.decode()}) == text
    assert not is_raw(types.decode(oid, BINARY, binary))


@pytest.mark.services
def test_a_zone_is_kept_as_the_session_shows_it_and_compared_without_it(server: psycopg.Connection) -> None:
    server.execute("set TimeZone = 'Asia/Kolkata'")
    oid, text, binary = forms(server, "timestamptz", "2024-02-03 10:00:00+00")
    server.execute("set TimeZone = UTC")
    value = types.decode(oid, TEXT, text)
    assert text == b"2024-02-03 15:30:00+05:30"
    assert types.encode(oid, TEXT, value) == text
    assert types.encode(oid, BINARY, value) == binary
    assert types.canonical(oid, value) == types.canonical(oid, types.decode(oid, BINARY, binary))


@pytest.mark.services
def test_the_catalogue_of_types_is_the_servers(server: psycopg.Connection) -> None:
    there = dict(
        server.execute(
            "select oid::int8, typelem::int8 from pg_type where typsubscript::text = 'array_subscript_handler'"
        )
    )
    ours = {array: element for array, element in ARRAYS.items() if array in there}
    assert {array: there[array] for array in ours} == ours
    missing = {array for array in there if array < 10_000 and there[array] in CODECS} - ARRAYS.keys()
    composites = {
        array for (array,) in server.execute("select oid::int8 from pg_type where oid < 10000 and typtype = 'c'")
    }
    assert missing <= composites | {22, 30}


# --- whatever comes --------------------------------------------------------------------------------------------------

OIDS = st.sampled_from([*CODECS, 0, 16_500])
FORMS = st.sampled_from([TEXT, BINARY])


@given(OIDS, FORMS, st.binary(max_size=60))
def test_any_bytes_come_back(oid: int, form: int, data: bytes) -> None:
    value = types.decode(oid, form, data)
    assert types.encode(oid, form, value, form) == data
    types.canonical(oid, types.read(oid, form, data))
    assert repr(values.loads(values.dumps(value))) == repr(value)


@given(OIDS, st.text(alphabet="0123456789-+:. {}[](),\\\"NULabc/infty$'", max_size=40))
def test_any_text_comes_back(oid: int, text: str) -> None:
    data = text.encode()
    assert types.encode(oid, TEXT, types.decode(oid, TEXT, data), TEXT) == data
    types.canonical(oid, types.read(oid, TEXT, data))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5)
    | st.datetimes() | st.dates() | st.times() | st.uuids() | st.decimals(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["raw", "lower", "items", "fields", "of", "hstore", "x"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(OIDS, FORMS, ANY)
def test_a_damaged_value_is_a_value_error(oid: int, form: int, value: Any) -> None:
    with suppress(ValueError):
        assert isinstance(types.encode(oid, form, value), bytes)
    types.canonical(oid, value)


def test_composites_within_composites_end_somewhere() -> None:
    data = bytes(4)
    for _ in range(5000):
        data = (1).to_bytes(4, "big") + (2249).to_bytes(4, "big") + len(data).to_bytes(4, "big") + data
    assert types.decode(2249, BINARY, data) == {"raw": data}
    assert types.decode(16_500, BINARY, data) == {"raw": data}


# --- forms and comparing ---------------------------------------------------------------------------------------------


def test_raw_bytes_have_one_form() -> None:
    assert types.decode(1082, TEXT, b"01/02/2024") == {"raw": "01/02/2024"}
    assert types.decode(1082, TEXT, b"\xff") == {"raw": b"\xff"}
    assert types.encode(1082, TEXT, {"raw": b"\xff"}, TEXT) == b"\xff"
    for value, was in (({"raw": "01/02/2024"}, None), ({"raw": b"\xff"}, TEXT), ({"raw": b"\xff"}, None)):
        with pytest.raises(ValueError, match="no other form"):
            types.encode(1082, BINARY, value, was)


def test_the_text_of_an_unknown_type_does_not_become_binary() -> None:
    assert types.decode(16_500, TEXT, b"(1,x)") == "(1,x)"
    assert types.encode(16_500, TEXT, "happy", BINARY) == b"happy"
    assert types.encode(16_500, BINARY, "happy", BINARY) == b"happy"
    with pytest.raises(ValueError, match="16500"):
        types.encode(16_500, BINARY, "(1,x)", TEXT)
    assert types.is_bound_to_form(16_500, "happy")
    assert not types.is_bound_to_form(25, "happy")


@pytest.mark.parametrize(
    ("oid", "loose", "value"),
    [
        (23, b"7", 7),
        (701, b"1.0", 1.0),
        (1700, b"1E+2", Decimal(100)),
        (2950, b"a0eebc999c0b4ef8bb6d6bb9bd380a11", UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
        (1082, b"2024-01-02", date(2024, 1, 2)),
        (1184, b"2024-01-02 12:00:00+02:00", datetime(2024, 1, 2, 10, tzinfo=timezone.utc)),
        (1114, b"2024-01-02T10:00:00.500000", datetime(2024, 1, 2, 10, 0, 0, 500_000)),
        (1186, b"1 day, 2:03:04", "1 day 02:03:04"),
        (1007, b"{1, 2}", [1, 2]),
        (1185, b"{2024-01-02 12:00:00+02:00}", [datetime(2024, 1, 2, 10, tzinfo=timezone.utc)]),
        (16, b"true", True),
        (25, "ä".encode(), "ä"),
        (17, b"\\x00", b"\0"),
    ],
)
def test_what_clients_spell_in_their_own_way_compares_equal(oid: int, loose: bytes, value: Any) -> None:
    binary = types.encode(oid, BINARY, value)
    assert types.canonical(oid, types.read(oid, TEXT, loose)) == types.canonical(oid, types.read(oid, BINARY, binary))


def test_one_more_is_not_equal() -> None:
    for oid, one, other in ((23, 1, 2), (1700, Decimal("1.0"), Decimal("1.00")), (25, "a", "A"), (1007, [1], [1, 1])):
        assert types.canonical(oid, one) != types.canonical(oid, other)
    assert types.canonical(25, "") != types.canonical(25, None)
