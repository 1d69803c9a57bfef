"""A toy of a wire protocol: lines that are asked and answered; and a driver that speaks it to a server in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from timetracer.cassette.model import Exchange, Kind, Plain
from timetracer.seams.declaration import Described, Instrumentor, WireProtocol, WireSeam

if TYPE_CHECKING:
    from timetracer.recording.tape import Tape
    from timetracer.seams.wire import MountedLine, TappedLine, Wire

LIBRARY = "toywire"


class Server:
    """Counts: every answer is another one."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def answer(self, line: str) -> str:
        self.heard.append(line)
        return f"{line} {len(self.heard)}"


class Real:
    """The driver's connection, before anybody looks at it."""

    def __init__(self, server: Server | None) -> None:
        if server is None:
            raise ConnectionRefusedError(111, "nobody is there")
        self.server = server

    def ask(self, line: str) -> str:
        return self.server.answer(line)


class Connection(Real):
    """The same, told to a line."""

    def __init__(self, server: Server | None, line: TappedLine) -> None:
        super().__init__(server)
        self.line = line

    def ask(self, line: str) -> str:
        self.line.sent(f"{line}\n".encode())
        answer = super().ask(line)
        self.line.received(f"{answer}\n".encode())
        return answer


class Replayed:
    """The same, answered by a line."""

    def __init__(self, line: MountedLine) -> None:
        self.line = line

    def ask(self, line: str) -> str:
        return self.line.receive(f"{line}\n".encode()).decode().removesuffix("\n")


def connect(server: Server | None) -> Any:
    """The function of the driver that has the seam."""
    return Real(server)


async def aconnect(server: Server | None) -> Any:
    """Its asynchronous twin."""
    return Real(server)


class Tap:
    def __init__(self, line: TappedLine) -> None:
        self._line = line
        self._tape: Tape | None = None
        self.ended = False

    def sent(self, data: bytes) -> None:
        if data == b"crash\n":
            raise RuntimeError("a fault of the tap")
        said = data.decode().strip()
        self._tape = self._line.begin(said, fact=said.startswith("fact"))

    def received(self, data: bytes) -> None:
        if self._tape is not None:
            self._tape.answered((data,))
            self._tape.finish()

    def closed(self) -> None:
        self.ended = True


class Backend:
    closing = False

    def __init__(self, line: MountedLine) -> None:
        self._line = line

    def receive(self, data: bytes) -> bytes:
        said = data.decode().strip()
        if said.startswith("pool"):
            recorded = self._line.find(said)
            return str((recorded.response or {})["said"]).encode() if recorded is not None else b"made up"
        if said == "catalogue":
            return repr(self._line.catalogue).encode()
        return str((self._line.ask(said).response or {})["said"]).encode()


def tapped(wire: Wire, original: Callable[[Server | None], Any], server: Server | None) -> Connection:
    with wire.attempt("connect"):
        original(server)
    return Connection(server, wire.tap())


def mounted(wire: Wire, original: Callable[[Server | None], Any], server: Server | None) -> Replayed:
    line = wire.mount()
    line.opened("connect")
    return Replayed(line)


async def atapped(wire: Wire, original: Callable[[Server | None], Any], server: Server | None) -> Connection:
    await original(server)
    return Connection(server, wire.tap())


async def amounted(wire: Wire, original: Callable[[Server | None], Any], server: Server | None) -> Replayed:
    return Replayed(wire.mount())


def said(fields: tuple[Any, ...], body: bytes) -> Described:
    return Described({"said": fields[0]}, None)


def answered(fields: tuple[Any, ...], body: bytes) -> Described:
    return Described({"said": fields[0].decode().strip()}, None)


def keys(exchanges: Any) -> list[str]:
    return [exchange.key for exchange in exchanges]


def _key(request: dict[str, Plain]) -> str:
    return str(request["said"])


SEAM = WireSeam("seams.toy_wire:connect", tapped=tapped, mounted=mounted)
ASEAM = WireSeam("seams.toy_wire:aconnect", tapped=atapped, mounted=amounted)
TOYWIRE = Instrumentor(
    library=LIBRARY,
    kind=Kind.CLIENT,
    seams=(SEAM, ASEAM),
    scopes=("opentelemetry.instrumentation.toywire",),
    describe_request=said,
    describe_response=answered,
    key=_key,
    identity=lambda request, body: {"said": _key(request)},
    writes=lambda request: False,
    errors=lambda: (ConnectionRefusedError,),
    wire=WireProtocol("lines", tap=Tap, backend=Backend, catalogue=keys),
    incidental=lambda request: _key(request).startswith("pool"),
)


def load(name: str) -> Instrumentor | None:
    return TOYWIRE if name == "lines" else None


def exchange_of(said: str, answer: str, **more: Any) -> Exchange:
    return Exchange("lines", said, {"said": said}, response={"said": answer}, **more)
