"""What is known of Redis' commands: which of them write, which belong to the connection alone."""

from __future__ import annotations

from typing import Final

from timetracer.cassette.model import Plain
from timetracer_instrumentors.redis.resp import text


def words(text: str) -> frozenset[str]:
    """Those that stand in a text."""
    return frozenset(text.split())


CONNECT: Final = "CONNECT"
"""No command: the opening of a connection that failed."""
DELIVERY: Final = "DELIVERY"
"""No command: what the server says without being asked."""

HANDSHAKE: Final = words("AUTH HELLO SELECT")
"""Whose failure is told to the app: then, and only then, it is recorded (never what was sent)."""
SETTINGS: Final = words("READONLY READWRITE ASKING WATCH UNWATCH DISCARD MULTI RESET QUIT MONITOR")
"""What a backend knows to answer: nothing of it depends on data."""
OF_CLIENT: Final = words("SETNAME SETINFO NO-EVICT NO-TOUCH TRACKING CACHING MAINT_NOTIFICATIONS")
"""The same of ``CLIENT …``."""
SUBSCRIBING: Final = {"SUBSCRIBE": "UNSUBSCRIBE", "PSUBSCRIBE": "PUNSUBSCRIBE", "SSUBSCRIBE": "SUNSUBSCRIBE"}
UNSUBSCRIBING: Final = {leave: join for join, leave in SUBSCRIBING.items()}
CONFIRMED: Final = frozenset(name.lower().encode() for name in (*SUBSCRIBING, *UNSUBSCRIBING))
"""How the server answers them: one message for each channel."""
MESSAGES: Final = frozenset((b"message", b"pmessage", b"smessage"))

FACTS: Final = words("COMMAND CLUSTER SENTINEL")
"""What drivers ask for their own sake when they begin: the layout of a cluster, the commands that there are."""

WRITES: Final = words("""
    APPEND BITFIELD BITOP BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN COPY DECR DECRBY DEL EVAL
    EVALSHA EXEC EXPIRE EXPIREAT FCALL FLUSHALL FLUSHDB GEOADD GEOSEARCHSTORE GETDEL GETEX GETSET HDEL HEXPIRE
    HEXPIREAT HGETDEL HGETEX HINCRBY HINCRBYFLOAT HMSET HPERSIST HPEXPIRE HPEXPIREAT HSET HSETEX HSETNX INCR INCRBY
    INCRBYFLOAT LINSERT LMOVE LMPOP LPOP LPUSH LPUSHX LREM LSET LTRIM MIGRATE MOVE MSET MSETNX PERSIST PEXPIRE
    PEXPIREAT PFADD PFMERGE PSETEX PUBLISH RENAME RENAMENX RESTORE RPOP RPOPLPUSH RPUSH RPUSHX SADD SDIFFSTORE SET
    SETBIT SETEX SETNX SETRANGE SINTERSTORE SMOVE SORT SPOP SPUBLISH SREM SUNIONSTORE SWAPDB UNLINK XACK XACKDEL
    XADD XAUTOCLAIM XCLAIM XDEL XDELEX XGROUP XREADGROUP XSETID XTRIM ZADD ZDIFFSTORE ZINCRBY ZINTERSTORE ZMPOP
    ZPOPMAX ZPOPMIN ZRANGESTORE ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZUNIONSTORE BF.ADD BF.MADD
    BF.RESERVE CF.ADD CF.ADDNX CF.DEL FT.ADD FT.CREATE FT.DEL JSON.ARRAPPEND JSON.DEL JSON.MERGE JSON.MSET JSON.SET
    TOPK.ADD TS.ADD TS.CREATE TS.INCRBY TS.MADD VADD VREM VSETATTR
    """)
"""Commands that may bring an identifier which nobody has seen yet. A command that is not known here reads."""

HASHED: Final = words("EVALSHA EVALSHA_RO FCALL FCALL_RO")
"""Whose first argument says what is done, and is never a generated identifier."""

_NAMED: Final = {"HSET": 1, "HMSET": 1, "HSETNX": 1, "MSET": 0, "MSETNX": 0}
"""Which of their arguments is the first of those that are names and values in turn."""
_OF_XADD: Final = {"NOMKSTREAM": 1, "KEEPREF": 1, "DELREF": 1, "ACKED": 1, "MAXLEN": 2, "MINID": 2, "LIMIT": 2}


def named(name: str, words: list[bytes]) -> list[Plain]:
    """The arguments of a command as a cassette has them: text if they are text, names and values as a dict at the end.

    A secret is known by its name: ``["user:7", {"name": "Ada", "password": …}]``.
    """
    args: list[Plain] = [text(word) for word in words]
    start = _after_id(args) if name == "XADD" else _NAMED.get(name, len(args))
    names, values = args[start::2], args[start + 1 :: 2]
    known = [each for each in names if isinstance(each, str)]
    if not names or len(names) != len(values) or len({*known}) != len(names):
        return args
    return [*args[:start], dict(zip(known, values, strict=True))]


def _after_id(args: list[Plain]) -> int:
    """``XADD key [options] id name value …``."""
    at = 1
    while at < len(args) and (taken := _OF_XADD.get(str(args[at]).upper())):
        at += taken + (taken == 2 and args[at + 1 : at + 2] in (["~"], ["="]))
    return at + 1


def flat(words: list[Plain]) -> tuple[bytes, ...]:
    """The words of a command from what a cassette has of it."""
    found: list[Plain] = []
    for word in words:
        found += [each for pair in word.items() for each in pair] if isinstance(word, dict) else [word]
    return tuple(word.encode() if isinstance(word, str) else word for word in found if isinstance(word, str | bytes))
