"""Putting a function of ours beneath whatever wraps a library's function already, and taking it out again.

OpenTelemetry's instrumentors wrap with wrapt and unwrap by taking off the *outermost* wrapper. We are the innermost: we
replace what the innermost wrapt proxy wraps, so its span is current within us, its ``uninstrument()`` does not tear us
off, and it does not matter who came first. What is put in place is a plain function, with no ``__wrapped__``: some
instrumentors skip what has one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

import wrapt

_ORIGINAL = "__timetracer_original__"
_PRODUCT = "()"
_PROXY: type[Any] = getattr(wrapt, "BaseObjectProxy", wrapt.ObjectProxy)
"""What wrapt's wrappers are; from wrapt 2.0 on `wrapt.ObjectProxy` is one more kind beside them."""


def resolve(target: str) -> tuple[Any, str]:
    """``module:Class.function`` -> (owner, name). Raises ImportError or AttributeError where there is no such thing."""
    module, _, path = target.partition(":")
    *owners, name = path.removesuffix(_PRODUCT).split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    return owner, name


def is_placed(target: str) -> bool:
    """Whether a function of ours is in place."""
    owner, name = resolve(target)
    _, function = _innermost(inspect.getattr_static(owner, name))
    return hasattr(function, _ORIGINAL)


def place(target: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put ``make(original)`` in the place of the original function; nothing happens if it is there already.

    A target that ends with ``()`` is what the function returns: ``make`` is given that, each time it is called.
    """
    owner, name = resolve(target)
    proxy, original = _innermost(inspect.getattr_static(owner, name))
    if hasattr(original, _ORIGINAL):
        return
    is_method = type(original) in (classmethod, staticmethod)
    function = original.__func__ if is_method else original
    ours: Any = _maker(function, make) if target.endswith(_PRODUCT) else make(function)
    _name(ours, function)
    if is_method:
        ours = type(original)(ours)
    setattr(ours, _ORIGINAL, original)
    _put(owner, name, proxy, ours)


def _name(ours: Callable[..., Any], original: Callable[..., Any]) -> None:
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(ours, attribute, getattr(original, attribute, None))
    with suppress(ValueError):  # what is written in C need not have one
        setattr(ours, "__signature__", inspect.signature(original))  # noqa: B010 - functions do not declare it


def _maker(
    original: Callable[..., Any], make: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[..., Any]:
    return lambda *args, **kwargs: make(original(*args, **kwargs))


def take_out(target: str) -> None:
    """Put the original function back, whoever has wrapped ours in the meantime; if ours is not there, do nothing."""
    owner, name = resolve(target)
    proxy, function = _innermost(inspect.getattr_static(owner, name))
    original = getattr(function, _ORIGINAL, None)
    if original is not None:
        _put(owner, name, proxy, original)


def _put(owner: Any, name: str, proxy: Any, function: Any) -> None:
    if proxy is None:
        setattr(owner, name, function)
    while proxy is not None:
        proxy.__wrapped__ = function
        # A bound one, which unwrapping another one leaves behind, binds anew what its parent wraps.
        proxy = getattr(proxy, "_self_parent", None)


def _innermost(function: Any) -> tuple[Any, Any]:
    """The innermost wrapt proxy (None without any) and the function that it wraps."""
    proxy: Any = None
    while isinstance(function, _PROXY):
        proxy = function
        function = proxy.__wrapped__
    return proxy, function
