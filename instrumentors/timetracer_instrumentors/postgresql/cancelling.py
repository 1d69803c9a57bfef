"""Whom a cancel is for: it comes on a connection of its own, and names the server's process and a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from timetracer.seams.wire import MountedLine
    from timetracer_instrumentors.postgresql.backend import Backend

_clients: WeakValueDictionary[tuple[int, int], Backend] = WeakValueDictionary()
_serial = iter(range(1, 1 << 31))


def introduced(backend: Backend) -> tuple[int, int]:
    """The process that a new client takes its server for, and the secret."""
    serial = next(_serial)
    _clients[serial, serial] = backend
    return serial, serial


def renamed(backend: Backend, process: int) -> tuple[int, int]:
    """The same with the process that was recorded: apps know it, and send it back."""
    del _clients[backend.identity]
    identity = (process, backend.identity[1])
    _clients[identity] = backend
    return identity


def cancel(pid: int, secret: int) -> None:
    """A CancelRequest for one of the clients of this process."""
    backend = _clients.get((pid, secret))
    if backend is not None:
        backend.line.deliver(backend.cancel())


def cancel_on(line: MountedLine) -> None:
    """The same for this one, by a driver that does not tell the secret."""
    for backend in list(_clients.values()):
        if backend.line is line:
            line.deliver(backend.cancel())
