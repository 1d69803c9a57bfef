"""What the drivers that are built on libpq have in common: connection parameters, and joining a connection late."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from timetracer_instrumentors.postgresql import messages

if TYPE_CHECKING:
    from timetracer.seams.wire import TappedLine

_REPORTED = (
    "server_version",
    "server_encoding",
    "client_encoding",
    "application_name",
    "in_hot_standby",
    "is_superuser",
    "DateStyle",
    "IntervalStyle",
    "TimeZone",
    "integer_datetimes",
    "standard_conforming_strings",
)
"""Settings that a server tells every client: protocol-flow.html, "Asynchronous Operations"."""

_ABOUT_SERVER = {
    "hostaddr": ("PGHOSTADDR", ""),
    "sslmode": ("PGSSLMODE", "disable"),
    "sslnegotiation": ("PGSSLNEGOTIATION", "postgres"),
    "sslrootcert": ("PGSSLROOTCERT", ""),
    "gssencmode": ("PGGSSENCMODE", "disable"),
    "channel_binding": ("PGCHANNELBINDING", "prefer"),
    "require_auth": ("PGREQUIREAUTH", ""),
    "requirepeer": ("PGREQUIREPEER", ""),
    "target_session_attrs": ("PGTARGETSESSIONATTRS", "any"),
    "load_balance_hosts": ("PGLOADBALANCEHOSTS", "disable"),
}
"""Parameters by which a client picks and trusts its server, their variables, and what asks for nothing."""


UNENCRYPTED = {"sslmode": "disable", "gssencmode": "disable"}
"""What a client says to a relay."""


def socket_name(params: Mapping[str, Any]) -> str:
    """What libpq calls the socket's file."""
    return f".s.PGSQL.{_port(params)}"


def _port(params: Mapping[str, Any]) -> str:
    return str(params.get("port") or os.environ.get("PGPORT") or 5432).split(",", maxsplit=1)[0]


def redirected(params: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """The same connection, to a unix socket in a directory: no name is resolved, and nothing is asked of the server."""
    found = dict(params)
    for name, (variable, none) in _ABOUT_SERVER.items():
        if name in found or variable in os.environ:
            found[name] = none
    return found | {"host": directory, "port": _port(params)}


def opening(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The exchange that a connection which fails is: the database and the user that libpq will ask for, and where."""
    user = str(params.get("user") or os.environ.get("PGUSER") or getpass.getuser())
    database = str(params.get("dbname") or os.environ.get("PGDATABASE") or user)
    host = params.get("host") or params.get("hostaddr") or os.environ.get("PGHOST") or ""
    return "connect", database, user, f"{host}:{_port(params)}"


def join(line: TappedLine, user: str, database: str, pid: int, parameter: Callable[[str], str | None]) -> None:
    """Tell a line of a connection what was said before it could listen; all that a tap wants to know of it.

    Args:
        line: has heard nothing yet.
        user: that it was opened for.
        database: that it was opened to.
        pid: the server's; the secret of its key is told as 0, libpq keeps it.
        parameter: a setting's value, as the server reported it.
    """
    said = messages.string("user") + messages.string(user) + messages.string("database") + messages.string(database)
    startup = (3 << 16).to_bytes(4, "big") + said + b"\0"
    line.sent((len(startup) + 4).to_bytes(4, "big") + startup)
    reported = ((name, parameter(name)) for name in _REPORTED)
    line.received(
        b"".join(
            (
                messages.message(b"R", bytes(4)),
                *(messages.parameter_status(name, value) for name, value in reported if value),
                messages.message(b"K", pid.to_bytes(4, "big") + bytes(4)),
                messages.ready("I"),
            )
        )
    )
