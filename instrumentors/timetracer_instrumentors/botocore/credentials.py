"""A replay needs no credentials and no region: made-up ones and the recorded one stand in where there are none.

Nobody on the network is asked for any.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

from botocore.credentials import (  # pyright: ignore[reportMissingTypeStubs]
    Credentials,
    RefreshableCredentials,
)

from timetracer.cassette.model import Plain

Requests: TypeAlias = "list[dict[str, Plain]]"
Arguments: TypeAlias = "tuple[tuple[Any, ...], dict[str, Any]]"

MADE_UP = "timetracer"
_LOCAL = frozenset({"env", "shared-credentials-file", "config-file", "ec2-credentials-file", "boto-config"})
"""The `METHOD` of the providers that look into this machine's environment and files, and nowhere else."""


class MadeUp:
    """A provider of credentials of nobody: what they sign goes nowhere."""

    METHOD = MADE_UP

    def load(self) -> Any:
        return Credentials(MADE_UP, MADE_UP, method=MADE_UP)


def with_region(
    recorded: Requests, session: Any, service: Any, region: Any = None, *args: Any, **more: Any
) -> Arguments:
    """A client's: as it is given or configured; else that of the recorded calls of its service, or of any."""
    given = region or next((each.region_name for each in (*args, *more.values()) if hasattr(each, "region_name")), None)
    if not given and not session.get_config_variable("region"):
        regions = [request.get("region") for request in recorded if request.get("service") == service]
        regions += [request.get("region") for request in recorded]
        region = next((name for name in regions if name and not str(name).endswith("-global")), None)
    return (session, service, region, *args), more


def unremembered(_: Requests, session: Any) -> Arguments:
    """A twin of the session, which may remember the made-up ones: the session itself may go live later."""
    return (copy.copy(session),), {}


def local(made_up: Any) -> Callable[[Requests, Any], Arguments]:
    """Of a resolver's providers those that need no network, and `made_up` as the last."""

    def arguments(_: Requests, resolver: Any) -> Arguments:
        here = [provider for provider in resolver.providers if provider.METHOD in _LOCAL]
        return (type(resolver)([*here, made_up]),), {}

    return arguments


def stand_in(made_up: Any) -> Callable[..., Arguments]:
    """For a signer whose client was made before the replay: without credentials, or with some that must be fetched."""

    def arguments(_: Requests, signer: Any, *args: Any, **kwargs: Any) -> Arguments:
        if signer._credentials is None or isinstance(signer._credentials, RefreshableCredentials):
            signer = copy.copy(signer)
            signer._credentials = made_up
        return (signer, *args), kwargs

    return arguments
