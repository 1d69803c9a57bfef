"""Event loops whose sockets are not Python's: libuv opens uvloop's, and no audit event tells of them.

uvloop's loop is a Python class around a compiled one: what would reach for the network asks first.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

import wrapt


class Ask(Protocol):
    """Raises what is to be raised in the place of a connection, or of looking a name up."""

    def __call__(self, host: Any, port: Any, *, lookup: bool = False) -> None: ...


def watch(ask: Ask) -> None:
    """Let uvloop's loops ask, for good, as soon as it is imported."""
    # Another thread may be in the midst of importing it: an import of our own waits for that.
    wrapt.register_post_import_hook(lambda module: _watch(import_module(module.__name__).Loop, ask), "uvloop")


def _watch(loop: Any, ask: Ask) -> None:
    connect, open_datagram, look_up = loop.create_connection, loop.create_datagram_endpoint, loop.getaddrinfo

    async def create_connection(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if host is not None:
            ask(host, port)
        return await connect(self, factory, host, port, **options)

    async def create_datagram_endpoint(
        self: Any, factory: Any, local_addr: Any = None, remote_addr: Any = None, **options: Any
    ) -> Any:
        if isinstance(remote_addr, tuple):
            ask(remote_addr[0], remote_addr[1])
        return await open_datagram(self, factory, local_addr, remote_addr, **options)

    async def getaddrinfo(self: Any, host: Any, port: Any, **options: Any) -> Any:
        if host is not None:
            ask(host, port, lookup=True)
        return await look_up(self, host, port, **options)

    loop.create_connection = create_connection
    loop.create_datagram_endpoint = create_datagram_endpoint
    loop.getaddrinfo = getaddrinfo
