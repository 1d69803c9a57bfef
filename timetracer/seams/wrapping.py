"""What stands in the place of a library's function: the engine, run in the way that the original asks for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from timetracer.seams.declaration import (
    CallSeam,
    EachCallSeam,
    EndSeam,
    Instrumentor,
    OwnSeam,
    Prelude,
    Seam,
    ServerSeam,
    WireSeam,
)
from timetracer.seams.exchange import Function, Invoke, Steps, adrive, drive, ended, exchange, own, prepared
from timetracer.seams.serving import serving
from timetracer.seams.wire import Wire, opened

Make: TypeAlias = Callable[[Function], Function]
"""The original function -> ours."""


def wrapper(instrumentor: Instrumentor, seam: Seam) -> Make:
    """What makes our function for a seam out of the original one."""
    match seam:
        case CallSeam() | EachCallSeam():
            return partial(_in_steps, partial(exchange, instrumentor, seam), named=True)
        case ServerSeam():
            return partial(_served, instrumentor if seam.kind is None else replace(instrumentor, kind=seam.kind), seam)
        case WireSeam():
            return partial(_wired, Wire(instrumentor), seam)
        case Prelude():
            return partial(_prepared, partial(prepared, instrumentor, seam))
        case OwnSeam():
            return lambda original: lambda *args, **kwargs: own(instrumentor, seam, Invoke(original, args, kwargs))
        case EndSeam():
            return lambda original: lambda *args, **kwargs: ended(Invoke(original, args, kwargs))


def _in_steps(steps: Callable[[Invoke], Steps], original: Function, *, named: bool = False) -> Function:
    """Runs steps at each call, in the way of the original. `named`: arguments given by name are put in their places."""
    signature = inspect.signature(original) if named else None
    if inspect.iscoroutinefunction(original):

        async def acalled(*args: Any, **kwargs: Any) -> Any:
            if kwargs and signature is not None:
                args, kwargs = _in_places(signature, args, kwargs)
            return await adrive(steps(Invoke(original, args, kwargs)))

        return acalled

    def called(*args: Any, **kwargs: Any) -> Any:
        if kwargs and signature is not None:
            args, kwargs = _in_places(signature, args, kwargs)
        return drive(steps(Invoke(original, args, kwargs)))

    return called


def _prepared(choose: Callable[[Function], Function], original: Function) -> Function:
    """Calls, each time, what is chosen for the original."""
    signature = inspect.signature(original)

    def called(*args: Any, **kwargs: Any) -> Any:
        chosen = choose(original)
        if kwargs and chosen is not original:
            args, kwargs = _in_places(signature, args, kwargs)
        return chosen(*args, **kwargs)

    return _in_its_way(called, original)


def _wired(wire: Wire, seam: WireSeam, original: Any) -> Function:
    if isinstance(original, type) and seam.tapped is not None:
        subclass: Function = seam.tapped(wire, original)
        return subclass

    def called(*args: Any, **kwargs: Any) -> Any:
        return opened(wire, seam, original, *args, **kwargs)

    return _in_its_way(called, original)


def _in_its_way(called: Function, original: Function) -> Function:
    """A coroutine function, where the original is one."""
    if not inspect.iscoroutinefunction(original):
        return called

    async def acalled(*args: Any, **kwargs: Any) -> Any:
        return await called(*args, **kwargs)

    return acalled


def _served(instrumentor: Instrumentor, seam: ServerSeam, original: Function) -> Function:
    ours = _in_steps(partial(serving, instrumentor, seam), original)
    return ours if seam.signed is None else seam.signed(ours)


def _in_places(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same arguments, those given by name in their places, where seams look for them."""
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:  # the function will say so itself
        return args, kwargs
    return bound.args, bound.kwargs
