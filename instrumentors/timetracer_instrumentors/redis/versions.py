"""RESP2 and RESP3: which reply of the one is which of the other, as far as that is the same for every value.

Status, errors, whole numbers and nothing are the same for all commands. Texts, lists, sets, maps and doubles are told
by the command: a text of RESP2 may be a double of RESP3, its list a set, a map or a list of pairs. What is not told
here (scripts, modules, scores beside members) is not guessed.
"""

from __future__ import annotations

from typing import Final

from timetracer.cassette.model import Plain
from timetracer_instrumentors.redis.commands import words

SAME: Final = words("""
    BLMOVE BLPOP BRPOP BRPOPLPUSH DUMP ECHO GET GETDEL GETEX GETRANGE GETSET HGET HKEYS HMGET HSCAN HVALS INCRBYFLOAT
    HINCRBYFLOAT KEYS LINDEX LMOVE LPOP LRANGE MGET RANDOMKEY RPOP RPOPLPUSH SCAN SRANDMEMBER SSCAN TIME XADD XRANGE
    XREVRANGE ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZREVRANGE ZREVRANGEBYSCORE ZSCAN
    """)
"""Texts, and lists of them, in both."""
SETS: Final = words("SDIFF SINTER SMEMBERS SPOP SUNION")
"""A list in RESP2, unless it is one text."""
MAPS: Final = words("HGETALL")
"""Names and values in turn in RESP2."""
DOUBLES: Final = words("ZINCRBY ZMSCORE ZSCORE")
"""Texts in RESP2."""


def other(command: list[Plain], reply: Plain, protocol: int) -> list[Plain] | None:
    """A reply of the other version in this one.

    Args:
        command: its name and its arguments.
        reply: as `resp.parsed` gives it.
        protocol: 2 or 3: the version that is wanted.

    Returns:
        The reply, alone in a list; None: that is not known.
    """
    if reply == {"null": "array"}:
        return [None]
    if reply is None or type(reply) is int or (isinstance(reply, dict) and [*reply] in (["simple"], ["error"])):
        return [reply]
    name = command[0] if command else ""
    if name in SAME and not any(isinstance(word, str) and word.upper() == "WITHSCORES" for word in command):
        return [reply] if _is_simple(reply) else None
    if name in SETS:
        return [reply] if isinstance(reply, str | bytes) else _tagged(reply, "set", protocol)
    if name in MAPS:
        return _map(reply, protocol)
    return _doubles(reply, protocol) if name in DOUBLES else None


def _is_simple(reply: Plain) -> bool:
    if isinstance(reply, list):
        return all(map(_is_simple, reply))
    return reply is None or type(reply) in (str, bytes, int)


def _tagged(reply: Plain, tag: str, protocol: int) -> list[Plain] | None:
    items = reply if protocol == 3 else reply.get(tag) if isinstance(reply, dict) else None
    if not isinstance(items, list) or not _is_simple(items):
        return None
    return [{tag: items} if protocol == 3 else items]


def _map(reply: Plain, protocol: int) -> list[Plain] | None:
    if protocol == 3:
        if not isinstance(reply, list) or len(reply) % 2:
            return None
        return [{"map": [[name, value] for name, value in zip(reply[::2], reply[1::2], strict=True)]}]
    pairs = reply.get("map") if isinstance(reply, dict) else None
    pairs = [[name, value] for name, value in pairs.items()] if isinstance(pairs, dict) else pairs
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return None
    return [[each for pair in pairs if isinstance(pair, list) for each in pair]]


def _doubles(reply: Plain, protocol: int) -> list[Plain] | None:
    if isinstance(reply, list):
        each = [[None] if item is None else _doubles(item, protocol) for item in reply]
        return [[item[0] for item in each if item]] if all(each) else None
    if protocol == 3:
        return [{"double": reply}] if isinstance(reply, str) else None
    text = reply.get("double") if isinstance(reply, dict) else None
    return [text] if isinstance(text, str) else None
