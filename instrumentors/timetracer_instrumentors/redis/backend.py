"""The backend of Redis: answers one connection from recorded exchanges, and what belongs to a connection by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

from timetracer.cassette.model import Exchange, Plain
from timetracer.errors import ReplayError
from timetracer_instrumentors.redis import versions
from timetracer_instrumentors.redis.commands import (
    HANDSHAKE,
    MESSAGES,
    OF_CLIENT,
    SETTINGS,
    SUBSCRIBING,
    UNSUBSCRIBING,
    flat,
)
from timetracer_instrumentors.redis.resp import Frames, RespError, command, simple, text, written

if TYPE_CHECKING:
    from timetracer.seams.wire import MountedLine

Refused: TypeAlias = "dict[tuple[bytes, ...], bytes]"
"""Commands that a server would not even queue in a transaction, and what it said to them."""

_OK: Final = b"+OK\r\n"
_NO_SUCH: Final = b"-ERR unknown subcommand\r\n"


class RedisBackend:
    """One connection of a client.

    Args:
        line: knows what was recorded.

    Attributes:
        closing: the server ends the connection.
    """

    def __init__(self, line: MountedLine) -> None:
        self.closing = False
        self._line = line
        self._commands = Frames()
        self._database = 0
        self._protocol = 2
        self._queued: list[bytes] | None = None
        self._silent = False
        """A command was never answered: nor are those that follow it."""
        self._channels: dict[str, dict[bytes, None]] = {kind: {} for kind in SUBSCRIBING}
        self._monitors = False
        self._own: dict[str, Callable[[list[bytes], bytes], bytes]] = {
            **dict.fromkeys(SETTINGS, self._set),
            **dict.fromkeys(HANDSHAKE, self._greet),
            **dict.fromkeys(SUBSCRIBING, self._subscribe),
            **dict.fromkeys(UNSUBSCRIBING, self._unsubscribe),
            "CLIENT": self._client,
            "EXEC": self._execute,
            "PING": self._ping,
        }

    def receive(self, data: bytes) -> bytes:
        if self._line.over:  # a pool may outlive a replay: it finds the connection closed, and opens another one
            self.closing = True
            return b""
        words = None if self._commands.within else simple(data)
        if words is not None:
            return self._answer(words, data)
        try:
            answers = [self._answer(command(frame), frame) for frame in self._commands.feed(data)]
        except RespError as error:
            raise ReplayError(f"a client of Redis said what is no RESP: {error}") from None
        return b"".join(answers)

    def _answer(self, words: list[bytes], frame: bytes) -> bytes:
        name = words[0].upper().decode("utf-8", "replace")
        if self._queued is not None and name != "EXEC" and name not in SETTINGS:
            self._queued.append(frame)
            refused: Refused = self._line.catalogue
            return refused.get(tuple(words), b"+QUEUED\r\n")
        own = self._own.get(name)
        said = own(words, frame) if own is not None else self._ask(name, frame, words)
        return b"" if self._silent else said

    # --- what was recorded -----------------------------------------------------------------------------------------

    def _ask(self, name: str, frame: bytes, *words: list[bytes]) -> bytes:
        return self._reply(self._line.ask(name, self._database, *words, body=frame))

    def _reply(self, exchange: Exchange) -> bytes:
        response = exchange.response
        if response is None:
            self._silent = True
            return b""
        if response.get("closed") is True:
            self.closing = True
            return b""
        return said(exchange, self._protocol)

    def _execute(self, words: list[bytes], frame: bytes) -> bytes:
        if self._queued is None:
            return self._ask("EXEC", frame)
        frames, self._queued = b"".join(self._queued), None
        return self._ask("EXEC", frames)

    def _ping(self, words: list[bytes], frame: bytes) -> bytes:
        recorded = self._line.find("PING", self._database, body=frame)
        if recorded is not None and (recorded.response or {}).get("reply") != {"simple": "PONG"}:
            return self._reply(recorded)
        if self._protocol == 2 and any(self._channels.values()):
            return written(["pong", *map(text, words[1:2] or [b""])], 2)
        return written(text(words[1]), 2) if len(words) > 1 else b"+PONG\r\n"

    # --- what belongs to the connection ----------------------------------------------------------------------------

    def _greet(self, words: list[bytes], frame: bytes) -> bytes:
        name = words[0].upper().decode()
        failed = self._line.find(name, self._database, body=b"", in_turn=True)
        if failed is not None:
            return self._reply(failed)
        if name == "SELECT" and len(words) == 2 and words[1].isdigit():
            self._database = int(words[1])
        if name != "HELLO":
            return _OK
        if len(words) > 1 and words[1].isdigit():
            self._protocol = int(words[1])
        about: dict[str, Plain] = {"server": "redis", "version": "8.0.0", "proto": self._protocol, "id": 1}
        about.update({"mode": "standalone", "role": "master", "modules": []})
        if self._protocol == 3:
            return written({"map": about}, 3)
        return written([item for pair in about.items() for item in pair], 2)

    def _set(self, words: list[bytes], frame: bytes) -> bytes:
        name = words[0].upper().decode()
        if name == "MULTI":
            self._queued = []
        elif name in {"DISCARD", "RESET"}:
            self._queued = None
        elif name == "QUIT":
            self.closing = True
        elif name == "MONITOR":
            self._monitors = True
            self._line.listen(self._hears)
        if name == "RESET":
            self._database, self._protocol, self._monitors = 0, 2, False
            self._channels = {kind: {} for kind in SUBSCRIBING}
            return b"+RESET\r\n"
        return _OK

    def _client(self, words: list[bytes], frame: bytes) -> bytes:
        setting = words[1].upper().decode("utf-8", "replace") if len(words) > 1 else ""
        if setting not in OF_CLIENT:
            return self._ask("CLIENT", frame)
        if setting == "TRACKING":
            self._line.listen(self._hears)
        return _NO_SUCH if setting == "MAINT_NOTIFICATIONS" else _OK

    # --- publish and subscribe -------------------------------------------------------------------------------------

    def _subscribe(self, words: list[bytes], frame: bytes) -> bytes:
        name = words[0].upper().decode()
        channels = self._channels[name]
        confirmed: list[bytes] = []
        for channel in words[1:]:
            channels[channel] = None
            confirmed.append(self._confirmed(name, channel))
        self._line.listen(self._hears)
        return b"".join(confirmed)

    def _unsubscribe(self, words: list[bytes], frame: bytes) -> bytes:
        name = words[0].upper().decode()
        channels = self._channels[UNSUBSCRIBING[name]]
        confirmed: list[bytes] = []
        left: list[bytes | None] = [*(words[1:] or channels)]
        for channel in left or [None]:
            if channel is not None:
                channels.pop(channel, None)
            confirmed.append(self._confirmed(name, channel))
        return b"".join(confirmed)

    def _confirmed(self, name: str, channel: bytes | None) -> bytes:
        """Shard channels are counted by themselves."""
        counted = ("SSUBSCRIBE",) if name in {"SSUBSCRIBE", "SUNSUBSCRIBE"} else ("SUBSCRIBE", "PSUBSCRIBE")
        count = sum(len(self._channels[kind]) for kind in counted)
        items: list[Plain] = [name.lower(), None if channel is None else text(channel), count]
        return written({"push": items} if self._protocol == 3 else items, self._protocol)

    def _hears(self, delivery: Exchange) -> bytes | None:
        """What the server says when this message reaches this connection; None: it is not for it."""
        reply = (delivery.response or {}).get("reply")
        items = reply.get("push") if isinstance(reply, dict) else reply
        if not isinstance(items, list) or not items:
            return said(delivery, self._protocol) if self._monitors else None
        kind = str(items[0])
        if kind.encode() in MESSAGES:
            channel = items[1] if len(items) > 1 else ""
            joined = self._channels[{"m": "SUBSCRIBE", "p": "PSUBSCRIBE", "s": "SSUBSCRIBE"}[kind[0]]]
            if (channel.encode() if isinstance(channel, str) else channel) not in joined:
                return None
            return written({"push": items} if self._protocol == 3 else items, self._protocol)
        return said(delivery, self._protocol) if self._protocol == 3 else None


def said(exchange: Exchange, protocol: int) -> bytes:
    """The recorded reply as the server would write it in a version of RESP.

    Raises:
        ReplayError: it was recorded in the other version and is not the same in this one, or it is no reply at all.
    """
    response = exchange.response or {}
    recorded = 3 if response.get("resp") == 3 else 2
    raw = response.get("raw")
    try:
        if isinstance(raw, bytes):
            reply = raw
        elif "reply" not in response:
            raise RespError("timetracer.response says neither reply nor raw")
        else:
            reply = written(response["reply"], recorded)
    except RespError as error:
        raise ReplayError(f"{exchange.key}: its recorded {error}; record it again") from None
    if recorded == protocol:
        return reply
    if raw is None and (same := _in_other(exchange, response["reply"], protocol)) is not None:
        return written(same[0], protocol)
    raise ReplayError(
        f"{exchange.key} was recorded over RESP{recorded}, and this connection speaks RESP{protocol}, in which its"
        f" answer has another form: let the client speak RESP{recorded} (protocol={recorded}), or record it again"
    )


def _in_other(exchange: Exchange, reply: Plain, protocol: int) -> list[Plain] | None:
    """See `versions.other`; of a transaction, each of its replies."""
    several, words = exchange.request.get("commands"), exchange.request.get("args")
    if not isinstance(several, list) or not isinstance(reply, list):
        args = words if isinstance(words, list) else []
        return versions.other([exchange.request.get("command"), *args], reply, protocol)
    each = [
        versions.other(command if isinstance(command, list) else [], item, protocol)
        for command, item in zip(several, reply, strict=False)
    ]
    return [[item[0] for item in each if item]] if all(each) and len(several) == len(reply) else None


def refused(exchanges: Iterable[Exchange]) -> Refused:
    """The catalogue: what servers would not queue."""
    found: Refused = {}
    for exchange in exchanges:
        errors, commands = (exchange.response or {}).get("refused"), exchange.request.get("commands")
        if not isinstance(errors, dict) or not isinstance(commands, list):
            continue
        for place, error in errors.items():
            words = commands[int(place)] if place.isdigit() and int(place) < len(commands) else None
            if isinstance(words, list):
                found[flat(words)] = written(error, 2)
    return found
