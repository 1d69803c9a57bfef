"""TCP ports of loopback that belong to this process of the tests until it ends.

A port that the kernel chose (0) is anybody's again as soon as it is let go: the next test's server, or the near end of
somebody's connection, may have it before ours binds it, or while ours is stopped. So ports come from below the range
that the kernel chooses from (32768 on Linux, 49152 elsewhere), in blocks; the lock of a block is held for good.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

BLOCKS = [range(first, first + 250) for first in range(17_000, 27_000, 250)]


def free_port() -> int:
    """A port that nobody listens on, and that no other process of these tests will be given."""
    ports, _ = _ours()
    return next(port for port in ports if _is_free(port))


@cache
def _ours() -> tuple[Iterator[int], IO[bytes]]:
    """This process's ports, round and round, and the open file whose lock makes them its own."""
    folder = Path(tempfile.gettempdir(), f"timetracer-ports-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    for block in BLOCKS:
        file = (folder / str(block[0])).open("wb")
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return itertools.cycle(block), file
        file.close()
    raise RuntimeError(f"every block of ports is taken: see {folder}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: connections that linger are none
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
