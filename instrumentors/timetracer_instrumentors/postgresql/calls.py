"""Who uses a connection whose bytes are seen outside the caller's thread, and what became of it for the caller."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeVar

from timetracer import sessions
from timetracer.seams.wire import MountedLine
from timetracer_instrumentors.postgresql import asking, cancelling, tls

if TYPE_CHECKING:
    from timetracer.seams.mounts.reactor import Channel
    from timetracer.seams.wire import TappedLine

Given = TypeVar("Given")


class Calls:
    """The calls of one connection of a C driver.

    Args:
        line: is told in whose context the connection is used.
        channel: the connection's.
        secure: the TLS beneath it, if that is ours.
    """

    def __init__(self, line: TappedLine | MountedLine, channel: Channel, secure: tls.Session | None = None) -> None:
        self.line = line
        self.channel = channel
        self.secure = secure
        self.is_mounted = isinstance(line, MountedLine)
        self._nobody = Context()
        self._callers: list[Context | None] = []
        if not self.is_mounted:  # what is done while we look away (suppressed instrumentation) is nobody's
            self._nobody.run(sessions.inside.set, True)
        self.channel.pump()
        self.line.context = self._nobody

    def _begin(self) -> Context | None:
        """The driver is called. What it wrote in the call before still belongs to that one."""
        self.channel.pump()
        self.line.called()
        self._callers.append(self.line.context)
        return self.line.context

    def _end(self, caller: Context | None) -> None:
        """The call is over: what comes now is of the call around it, or of another thread's, or nobody's."""
        self.channel.pump()
        self._callers.remove(caller)
        self.line.context = self._callers[-1] if self._callers else self._nobody

    def look(self) -> None:
        """Take up what the driver has written. Raises what ended the connection from our side."""
        self.channel.pump()
        if self.channel.problem is not None:
            raise self.channel.problem

    @contextmanager
    def during(self, lost: type[Exception]) -> Generator[None, None, None]:
        """A call that blocks.

        Args:
            lost: what the driver raises when its connection is gone; if it is our doing, our reason is raised instead.
        """
        caller = self._begin()
        try:
            yield
        except lost:
            if self.channel.problem is not None:
                raise self.channel.problem from None
            raise
        finally:
            self._end(caller)

    def around(
        self, steps: Generator[Any, Any, Given], lost: type[Exception], first: Any = None
    ) -> Generator[Any, Any, Given]:
        """A call that is a generator, which yields where it would block. `first` is sent to one that runs already."""
        self.channel.attended = True  # `look` follows whatever the driver does
        caller = self._begin()
        try:
            step = steps.send(first)
            while True:
                self.look()
                try:
                    ready = yield step
                except BaseException as error:  # noqa: BLE001 - thrown on, into the generator
                    step = steps.throw(error)
                else:
                    step = steps.send(ready)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return] # it is what the steps return
        except lost:
            if self.channel.problem is not None:
                raise self.channel.problem from None
            raise
        finally:
            self.channel.attended = False
            self._end(caller)

    def cancelling(self, pid: int, libpq: Callable[[], Generator[Any, Any, None]]) -> Generator[Any, Any, None]:
        """Cancel what is under way: at the backend, over our own TLS, or as libpq does it."""
        if isinstance(self.line, MountedLine):
            cancelling.cancel_on(self.line)
        elif self.secure is None:
            asking.cancelling(pid, 0)
            yield from libpq()
        else:
            asking.cancelling(*self.secure.unbound.key)
            yield from self.secure.cancelling()

    def cancel(self, pid: int, libpq: Callable[[], None]) -> None:
        """The same, for a driver that blocks. libpq would keep everybody from running meanwhile."""

        def blocking() -> Generator[Any, Any, None]:
            libpq()
            yield from ()

        tls.run(self.cancelling(pid, blocking))
