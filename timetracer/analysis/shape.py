"""What kind of thing a span is, and what it has in common with others of its kind that differ in values only."""

from __future__ import annotations

import re
from typing import Final

from timetracer.analysis import sql
from timetracer.analysis.semconv import about
from timetracer.cassette.model import Kind, Span

_SQL_ATTRIBUTES: Final = ("db.query.text", "db.statement")
_DATABASES: Final = frozenset(
    {
        "aiomysql",
        "asyncpg",
        "cassandra",
        "elasticsearch",
        "memcached",
        "mysqlclient",
        "pymemcache",
        "pymongo",
        "psycopg",
        "psycopg2",
        "pymysql",
        "redis",
        "sqlalchemy",
        "sqlite3",
    }
)
_MESSAGING: Final = frozenset({"aio_pika", "aiokafka", "celery", "confluent_kafka", "kafka", "kombu", "nats", "pika"})
_ATTRIBUTE_KINDS: Final = (("db.", "db"), ("messaging.", "messaging"), ("rpc.", "rpc"), ("http.", "http"))
_VARIABLE: Final = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|(?<![A-Za-z0-9])(?=[A-Za-z0-9]*\d)[A-Fa-f0-9]{12,}(?![A-Za-z0-9])|(?<![A-Za-z0-9:$])v?\d+(?:\.\d+)*(?![A-Za-z0-9])"
)


def statement(span: Span) -> str:
    """The SQL of a span: what was really sent, else what OpenTelemetry's instrumentor wrote; empty if there is none."""
    if span.exchange:
        sent = span.exchange.request.get("sql")
        if isinstance(sent, str):
            return sent
    if category(span) != "db":
        return ""
    written = next((span.attributes[name] for name in _SQL_ATTRIBUTES if name in span.attributes), "")
    verb = written.split(None, 1)[0].upper() if isinstance(written, str) and written.strip() else ""
    return str(written) if verb in sql.VERBS and "redis" not in str(span.attributes.get("db.system")) else ""


def category(span: Span) -> str:
    """``http``, ``db``, ``messaging``, ``rpc``; ``internal`` for what is none of them."""
    exchange = span.exchange
    if exchange:
        if "sql" in exchange.request or exchange.library in _DATABASES:
            return "db"
        if exchange.library in _MESSAGING:
            return "messaging"
        if "method" in exchange.request and "url" in exchange.request:
            return "http"
    for beginning, kind in _ATTRIBUTE_KINDS:
        if any(name.startswith(beginning) for name in span.attributes):
            return kind
    return "messaging" if span.kind in (Kind.PRODUCER, Kind.CONSUMER) else "internal"


def gist(span: Span) -> str:
    """A span's title without what varies: ``SELECT orders``, ``GET http://stock/items/{}``."""
    written = statement(span)
    if written:
        return sql.gist(written)
    return _VARIABLE.sub("{}", about(span).title.partition("?")[0])


def shape(span: Span) -> str:
    """Equal for spans that do the same with other values."""
    written = statement(span)
    said = sql.shape(written) if written else gist(span)
    return f"{span.kind.name} {span.scope.name} {span.exchange.library if span.exchange else ''} {said}"
