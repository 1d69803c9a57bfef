"""What can be told of an SQL statement by looking at it: which class of traffic it is, whether it writes, its key."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from timetracer.replaying.tokens import IDENTIFIER

LONG = 2000
"""Characters of a statement of which nothing is remembered: it has its values in it, and does not come again."""
_Text = TypeVar("_Text", str, bytes)
_Told = TypeVar("_Told")


def remembered(look: Callable[[_Text], _Told]) -> Callable[[_Text], _Told]:
    """The same, and what it told of a statement lately."""
    remember = lru_cache(maxsize=1000)(look)

    @wraps(look)
    def looked(statement: _Text) -> _Told:
        return remember(statement) if len(statement) < LONG else look(statement)

    return looked


_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_INVENTED = r"""
    _django_curs_\w+ | s\d{5,}_x\d+                            # Django: the thread's id
  | __asyncpg_\w+ | _pg3_\w+                                 # asyncpg, psycopg
  | sa_savepoint_\d+ | c_[0-9a-f]{6,}_[0-9a-f]+ | _sa_[0-9a-f]{32}  # SQLAlchemy: id()
  | s[0-9a-f]{32}                                            # Peewee
  | tortoise_savepoint_\w+
  | \w*(?:\d{8,}|[0-9a-f]{8}[-_]?(?:[0-9a-f]{4}[-_]?){3}[0-9a-f]{12})\w*  # a thread, an object, a UUID
"""
_NAMING = re.compile(
    rf"""(?ix)
    ( (?: ^ | ; ) \s* (?: savepoint | release (?:\s+savepoint)?
        | rollback \s+ (?:(?:work|transaction)\s+)? to (?:\s+savepoint)?
        | declare | close | deallocate (?:\s+prepare)?
        | (?:fetch|move) \b [^;'"$]*? (?:\b(?:from|in))? )
      \s+ )
    (?: "(?:{_INVENTED})" | (?:{_INVENTED}) ) (?= [\s;] | $ )
    """
)
"""Where drivers put names that they made up. Names that an app chose (``c1``, ``before_import``) stay apart."""

_INCIDENTAL = re.compile(
    r"""(?ix) \s* (?:
        (?: begin | start\s+transaction | commit | end | rollback | abort | savepoint | release | discard | reset
          | unlisten | deallocate | close\s+all | set\b (?!\s+constraints) ) \b
      | select\s+pg_advisory_unlock_all\s*\(\s*\)
    ) [^;]* """
)
LITERAL = re.compile(r"""[eE]?'(?:[^'\\]|\\.|'')*'|\$(\w*)\$.*?\$\1\$""", re.DOTALL)
_QUOTED = re.compile(r'"[^"]*"')
_CATALOGUE = re.compile(
    r"(?i)(?:(?:pg_catalog|information_schema)\.|pg_)(?!stat|locks|cursors|prepared|backend|wait|shmem|aios)\w+"
)
"""What lasts; statistics and sessions change by themselves."""
_ITEM = r'(?:only\s+|lateral\s+)*((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))*|\()'
_ALIAS = r'(?:\s+(?:as\s+)?(?!where\b|on\b|join\b|left\b|inner\b|group\b|order\b)(?:"[^"]+"|\w+))?'
_SOURCES = re.compile(rf"(?i)\b(?:from|join)\s+{_ITEM}(?:{_ALIAS}((?:\s*,\s*{_ITEM}{_ALIAS})+))?")
_FURTHER = re.compile(rf"(?i),\s*{_ITEM}")
_NAMED = re.compile(r'(?i)(?:\bwith\s+(?:recursive\s+)?|,\s*)("?\w+"?)\s*(?:\([^()]*\)\s*)?as\s*(?:materialized\s*)?\(')
_CHANGES = re.compile(
    r"(?i)\b(?:now|clock_timestamp|statement_timestamp|random|pg_backend_pid|txid_\w+|current_timestamp)\b"
)
_ABOUT_SERVER = re.compile(
    r"(?i)\b(?:pg_catalog\.)?(?:version|current_schema|current_schemas|current_database|current_setting|current_user"
    r"|session_user|set_config|pg_is_in_recovery|pg_encoding_to_char|to_regtype)\b"
)
_READING = re.compile(
    r"(?i)\(*\s*(?:select|values|table|show|explain|fetch|move|declare|close|listen|unlisten|begin|start|commit|end|set|reset"
    r"|rollback|abort|savepoint|release|deallocate|discard|execute|lock|checkpoint|vacuum|analyze)\b"
)
_WITHIN = re.compile(
    r"(?i)\b(?:insert\s+into|delete\s+from|merge\s+into|update\s+(?:only\s+)?[\w.]+(?:\s+(?:as\s+)?\w+)?\s+set)\b"
)
_BY_FUNCTION = re.compile(r"(?i)\b(?:nextval|setval|pg_notify|lo_create|lo_creat|lo_import|lo_put|lo_from_bytea)\s*\(")
_SELECT_INTO = re.compile(r"(?i)\binto\s+(?!strict\b)")
_MAY_BE_UNORDERED = re.compile(r"(?i)\bin\s*\(|\binsert\b|\btruncate\b")
_TRUNCATE = re.compile(
    r"(?i)truncate\s+(?:table\s+)?(?:only\s+)?([^;]*?)(?:\s+(?:restart|continue|cascade|restrict)\b|\s*;|$)"
)
_AMONG = re.compile(r"(?i)\bin\s*\((?!\s*(?:select|values|with|table)\b)([^()]+)\)")
_ITEMS = re.compile(r"[^\s,](?:[^,]*[^\s,])?")
_PARAMETER = re.compile(r"\$(\d+)(?:::[\w. ]+)?")
_INSERT_VALUES = re.compile(r"(?i)insert\s+into\s[^()]*\([^()]*\)\s*values\s*")
_ROW = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
_ROWS = re.compile(rf"{_ROW.pattern}(?:\s*,\s*{_ROW.pattern})+")
PING = re.compile(r"(?i)\s*select\s+1\s*;?\s*")


def text(query: bytes) -> str:
    """SQL as the cassette has it. What is no UTF-8 (the client may use another encoding) is escaped."""
    return query.decode("utf-8", "backslashreplace")


@remembered
def bare(sql: str) -> str:
    """Without comments (what sqlcommenter adds differs at every call) and space around."""
    return _COMMENT.sub(" ", sql).strip() if "--" in sql or "/*" in sql else sql.strip()


def order(member: str) -> str:
    """What puts a set's members into one order. What was made up for this run says nothing: it stays where it is."""
    return IDENTIFIER.sub("", member)


@remembered
def normal(sql: str) -> str:
    """The statement as it is compared: names that drivers made up are all alike, and what means the same in any order
    (see `_unordered`) is in one."""
    return in_order(_NAMING.sub(r"\1name", bare(sql)), order)


def has_sets(sql: str) -> bool:
    """Whether there is anything in it that means the same in any order."""
    return any(len(items) > 1 for items in _unordered(sql))


def in_order(sql: str, by: Callable[[str], str]) -> str:
    """A statement whose sets (see `_unordered`) are sorted by what is said of each member."""
    pieces, at = list[str](), 0
    for items in _unordered(sql):
        for (start, end), item in zip(items, sorted((sql[slice(*item)] for item in items), key=by), strict=True):
            pieces += [sql[at:start], item]
            at = end
    return "".join(pieces) + sql[at:]


@lru_cache(maxsize=2000)
def unordered_parameters(sql: str) -> list[list[int]]:
    """The indexes of parameters whose order does not matter: those of each ``IN ($1, $2)``."""
    lists = [[_PARAMETER.fullmatch(sql, *item) for item in items] for items in _unordered(sql)]
    return [[int(item[1]) - 1 for item in items if item] for items in lists if len(items) > 1 and all(items)]


def _unordered(sql: str) -> list[list[tuple[int, int]]]:
    """Where the values of each ``IN (…)`` stand, the rows of an INSERT that gives nothing back, the tables of a
    TRUNCATE. All are sets, and ORMs make them of sets, whose order is another one in each process."""
    if not _MAY_BE_UNORDERED.search(sql):
        return []
    masked = _QUOTED.sub(_blank, LITERAL.sub(_blank, sql))
    truncate = _TRUNCATE.match(masked)
    if truncate is not None:
        return [[table.span() for table in _ITEMS.finditer(masked, *truncate.span(1))]]
    insert = _INSERT_VALUES.match(masked)
    if insert is not None and _ROWS.fullmatch(masked, insert.end()):
        return [[row.span() for row in _ROW.finditer(masked, insert.end())]]
    return [[item.span() for item in _ITEMS.finditer(masked, *values.span(1))] for values in _AMONG.finditer(masked)]


def _blank(match: re.Match[str]) -> str:
    return "'" * len(match[0])


def _statements(sql: str) -> list[str]:
    return [part for part in bare(sql).split(";") if part.strip()]


@remembered
def is_incidental(sql: str) -> bool:
    """Whether it only opens, ends or tidies up: pools do that when it suits them, so it may be more or less often."""
    return all(_INCIDENTAL.fullmatch(statement) for statement in _statements(sql)) or bool(PING.fullmatch(sql))


@remembered
def is_fact(sql: str) -> bool:
    """Whether it asks for what lasts: types, catalogues, settings, the server's version."""
    found = LITERAL.sub("''", bare(sql))
    if re.match(r"(?i)show\b", found):
        return True
    if not re.match(r"(?i)(?:select|with)\b", found) or writes(sql) or _CHANGES.search(found):
        return False
    named = {name.strip('"').lower() for name in _NAMED.findall(found)} | {"unnest", "generate_series"}
    tables = [name for name in _sources(found) if name.lower() not in named]
    if tables:
        return all(_CATALOGUE.fullmatch(table) for table in tables)
    return bool(_ABOUT_SERVER.search(found))


def _sources(sql: str) -> list[str]:
    """What stands after FROM and JOIN, but for what is in parentheses."""
    found: list[str] = []
    for match in _SOURCES.finditer(sql):
        found += [match[1], *_FURTHER.findall(match[2] or "")]
    return [name.replace('"', "") for name in found if name != "("]


@remembered
def writes(sql: str) -> bool:
    """Whether it may bring an identifier that nobody knew."""
    return any(map(_writes, _QUOTED.sub("x", LITERAL.sub("''", bare(sql))).split(";")))


def _writes(statement: str) -> bool:
    words = statement.split(None, 1)
    if not words:
        return False
    if _WITHIN.search(statement) or _BY_FUNCTION.search(statement):
        return words[0].lower() != "explain"
    match words[0].lower():
        case "select":
            return bool(_SELECT_INTO.search(statement))
        case "with":
            return False
        case "copy":
            return bool(re.search(r"(?i)\bfrom\b", re.sub(r"\([^()]*\)", "", statement)))
        case _:
            return not _READING.match(statement)


def status_after(sql: str, before: str) -> str:
    """The transaction status after a statement of `is_incidental` went well."""
    for statement in _statements(sql):
        word = statement.split(None, 1)[0].lower()
        if word in ("begin", "start"):
            before = "T"
        elif word in ("commit", "end", "abort") or (word == "rollback" and not re.search(r"(?i)\bto\b", statement)):
            before = "T" if re.search(r"(?i)\band\s+chain\b", statement) else "I"
        elif word == "rollback":
            before = "T"
    return before


def ends_transaction(sql: str) -> bool:
    """Whether it may be said in a transaction that has failed."""
    return all(re.match(r"(?i)\s*(?:rollback|abort|commit|end)\b", statement) for statement in _statements(sql))


def tag(statement: str) -> str:
    """The command tag of a statement of `is_incidental`."""
    words = statement.split()
    first = words[0].upper()
    match first:
        case "START":
            return "START TRANSACTION"
        case "END":
            return "COMMIT"
        case "ABORT":
            return "ROLLBACK"
        case "CLOSE" | "DISCARD" | "DEALLOCATE" if len(words) > 1 and words[1].upper() == "ALL":
            return f"{first} CURSOR ALL" if first == "CLOSE" else f"{first} ALL"
        case _:
            return first


def tags(sql: str) -> list[str]:
    """The command tags of each statement of a script of `is_incidental`."""
    return [tag(statement) for statement in _statements(sql)]


_LISTEN = re.compile(r'(?i)\s*(un)?listen\s+("(?:[^"]|"")+"|\*|[^\s;"]+)\s*;?\s*')
_DECLARED = re.compile(r'(?i)\s*declare\s+("(?:[^"]|"")*"|\w+)\s')


@remembered
def channel(query: str) -> tuple[bool, str] | None:
    """Of LISTEN and UNLISTEN: whether to listen, and the channel (``*``: all of them); None for anything else."""
    found = _LISTEN.fullmatch(bare(query))
    return None if found is None else (not found[1], _name(found[2]))


@remembered
def declared(query: str) -> str | None:
    """The cursor that a DECLARE opens, which is a portal of that name from then on."""
    found = _DECLARED.match(bare(query))
    return None if found is None else _name(found[1])


def _name(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written.lower()


_COPY_IN = re.compile(r"(?is)\s*copy\b.*\bfrom\s+stdin\b.*")
_BINARY = re.compile(r"(?i)\b(?:format\s+'?binary'?|with\s+binary|\bbinary\b)")


@remembered
def is_copy_in(query: str) -> bool:
    """Whether the client sends data after it: ``COPY … FROM STDIN``."""
    return bool(_COPY_IN.fullmatch(bare(query)))


def is_binary_copy(query: str) -> bool:
    """Whether that data is in PostgreSQL's binary format."""
    return bool(_BINARY.search(bare(query)))
