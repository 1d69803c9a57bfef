"""Values of each type, as parameters and in rows; statements whose rows are all that matters."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg_world import OPERATIONS, World, failing, simple

UTC = timezone.utc

VALUES: dict[str, tuple[str, Any]] = {
    "smallint": ("int2", -32768),
    "integer": ("int4", 2147483647),
    "bigint": ("int8", -(2**63)),
    "real": ("float4", 1.5),
    "double": ("float8", 1e300),
    "infinite double": ("float8", float("inf")),
    "nan double": ("float8", float("nan")),
    "numeric": ("numeric", Decimal("-12345678901234567890.12300")),
    "numeric zero": ("numeric", Decimal("0.000")),
    "numeric nan": ("numeric", Decimal("NaN")),
    "numeric infinity": ("numeric", Decimal("Infinity")),
    "text": ("text", "Grüße, 世界 \u2028 '\"\\"),
    "empty text": ("text", ""),
    "varchar": ("varchar(10)", "abc"),
    "char": ("char(5)", "ab"),
    "quoted char": ('"char"', b"x"),
    "name": ("name", "a_name"),
    "boolean": ("bool", True),
    "null": ("int4", None),
    "bytea": ("bytea", bytes(range(256))),
    "uuid": ("uuid", UUID(int=7)),
    "date": ("date", date(2024, 2, 29)),
    "first date": ("date", date.min),
    "last date": ("date", date.max),
    "time": ("time", time(23, 59, 59, 999999)),
    "timetz": ("timetz", time(12, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))),
    "timestamp": ("timestamp", datetime(1999, 12, 31, 23, 59, 59, 1)),
    "last timestamp": ("timestamp", datetime.max),
    "timestamptz": ("timestamptz", datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)),
    "interval": ("interval", timedelta(days=-3, seconds=5, microseconds=7)),
    "json": ("json", '{"a":  1}'),
    "jsonb": ("jsonb", '{"b": [1, null]}'),
    "jsonpath": ("jsonpath", '$."a"'),
    "xml": ("xml", "<a>ü</a>"),
    "integers": ("int4[]", [1, None, 3]),
    "matrix": ("int4[]", [[1, 2], [3, 4]]),
    "no integers": ("int4[]", []),
    "texts": ("text[]", ["a,b", '"', "NULL", None, "{}"]),
    "uuids": ("uuid[]", [UUID(int=1), UUID(int=2)]),
    "inet": ("inet", ip_address("2001:db8::1")),
    "inet with a mask": ("inet", "10.1.2.3/24"),
    "cidr": ("cidr", ip_network("10.0.0.0/8")),
    "macaddr": ("macaddr", "08:00:2b:01:02:03"),
    "bit": ("bit(5)", asyncpg.BitString("10101")),
    "varbit": ("varbit", asyncpg.BitString("101")),
    "point": ("point", asyncpg.Point(1.5, -2)),
    "box": ("box", asyncpg.Box((3, 4), (1, 2))),
    "circle": ("circle", asyncpg.Circle((1, 2), 3)),
    "path": ("path", asyncpg.Path((0, 0), (1, 1), is_closed=True)),
    "polygon": ("polygon", asyncpg.Polygon((0, 0), (1, 1), (1, 0))),
    "line": ("line", asyncpg.Line(1, 2, 3)),
    "lseg": ("lseg", asyncpg.LineSegment((0, 0), (1, 1))),
    "int4range": ("int4range", asyncpg.Range(1, 10)),
    "empty range": ("int4range", asyncpg.Range(empty=True)),
    "numrange": ("numrange", asyncpg.Range(Decimal("1.50"), None, lower_inc=False)),
    "tstzrange": ("tstzrange", asyncpg.Range(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))),
    "multirange": ("int4multirange", [asyncpg.Range(1, 3), asyncpg.Range(5, 9)]),
    "oid": ("oid", 4_000_000_000),
    "money": ("money", "$1,234.50"),
    "tsvector": ("tsvector", "'a':1 'b':2"),
    "tid": ("tid", (1, 2)),
}


async def round_trip(kind: str, value: Any, world: World) -> Any:
    return await failing(world.connection.fetch(f"SELECT $1::{kind} AS value", value))


for _name, (_kind, _value) in VALUES.items():
    OPERATIONS[f"value: {_name}"] = partial(round_trip, _kind, _value)

simple("interval of months", "SELECT interval '1 year 2 months 3 days 04:05:06.7' AS i")
simple("infinite timestamps", "SELECT 'infinity'::timestamptz, '-infinity'::date, 'infinity'::timestamp")
simple("a record", "SELECT ROW(1, 'x', NULL::int, now() IS NULL)")
simple("a void", "SELECT pg_sleep(0)")
simple("equal names", 'SELECT 1 AS a, 2 AS a, 3 AS "A"')
simple("no columns", "SELECT")
simple("no rows", "SELECT 1 WHERE false")
simple("a name with everything", "SELECT 1 AS \"a 'b' ü\"")
simple("a comment", "/* who asks */ SELECT 2 -- now", "SELECT 2 /* again */")
simple("nothing at all", "", "-- nothing")
simple("ten thousand rows", "SELECT i, repeat('x', i % 50) AS x FROM generate_series(1, 10000) AS i")
simple("a large value", "SELECT repeat('0123456789', 200000) AS large")
simple("many parameters", "SELECT " + ", ".join(f"${n}::int" for n in range(1, 301)), args=tuple(range(300)))
simple("show", "SHOW server_encoding", "SELECT current_setting('standard_conforming_strings')")
simple("catalogue", "SELECT typname FROM pg_catalog.pg_type WHERE oid = 23")
simple("syntax error", "SELEKT 1")
simple("division by zero", "SELECT 1/0")
simple("error within rows", "SELECT 1 / (i - 5) FROM generate_series(1, 10) AS i")
simple("no such table", "SELECT * FROM nowhere_at_all")
simple("raised", "DO $$ BEGIN RAISE EXCEPTION 'oh %', 'no' USING DETAIL = 'd', HINT = 'h', ERRCODE = 'P0042'; END $$")
simple("explain", "EXPLAIN (COSTS off) SELECT 1")
simple("values", "VALUES (1, 'a'), (2, 'b')")
