"""asyncpg's own test suite: plain, recorded, and replayed with the server stopped: ``of_asyncpg.py [SDIST]``.

Downloads the source distribution of the asyncpg that is installed, unless told where one is, and prints three numbers
and what differs. Why a test
may differ is in `REASONS`; the exit status is 1 if one differs that is not there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from services.postgresql import OwnServer
from services.processes import Servers, environment

HERE = Path(__file__).resolve().parent
PATIENCE = 1800.0
"""s that one run may take."""
REASONS: dict[str, str] = json.loads((HERE / "of_asyncpg.json").read_text(encoding="utf-8"))
RUNS = {"plain": "off", "recorded": "record", "replayed": "replay"}


def suite(folder: Path) -> Path:
    """The folder that has the suite's ``tests``."""
    found = [Path(said) for said in sys.argv[1:]]
    if not found:
        wanted = f"asyncpg=={version('asyncpg')}"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-binary", "asyncpg", "--no-deps", wanted]
        subprocess.run(pip, cwd=folder, check=True)
        found = [*folder.glob("asyncpg-*.tar.gz")]
    with tarfile.open(found[0]) as archive:
        names = [one for one in archive.getmembers() if one.name.split("/")[1:2] == ["tests"] and one.isreg()]
        for member in names:
            target = folder / "suite" / Path(*member.name.split("/")[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            source = archive.extractfile(member)
            assert source is not None
            target.write_bytes(source.read())
    shutil.copy(HERE / "hanging.py", folder / "suite" / "conftest.py")
    return folder / "suite"


def run(where: Path, mode: str, port: int) -> dict[str, str]:
    """What became of each test: ``passed``, ``skipped``, or the first line of what it says."""
    report = where.parent / f"{mode}.xml"
    command = [
        *(sys.executable, "-m", "pytest", "tests", "-q", "--tb=native", "-p", "no:cacheprovider", "-W", "ignore"),
        *("--deselect", "tests/test__sourcecode.py", f"--junitxml={report}", f"--timetracer={mode}"),
        *("--timetracer-all", f"--timetracer-dir={where.parent / 'cassettes'}"),
    ]
    place = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres"}
    with (where.parent / f"{mode}.log").open("wb") as log:
        subprocess.run(
            command, cwd=where, env=environment(place), stdout=log, stderr=log, check=False, timeout=PATIENCE
        )
    seen: dict[str, str] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}".removeprefix("tests.")
        told = [child for child in case if child.tag in ("failure", "error")]
        skipped = any(child.tag == "skipped" for child in case)
        failed = (told[0].get("message") or told[0].tag).splitlines()[0] if told else ""
        seen[name] = failed or ("skipped" if skipped else "passed")
    return seen


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="asyncpg-suite-"))
    servers = Servers(folder)
    try:
        where = suite(folder)
        own = OwnServer(servers)
        seen: dict[str, dict[str, str]] = {}
        for name, mode in RUNS.items():
            if mode == "replay":
                own.stop()
            seen[name] = run(where, mode, own.port)
            print(f"{name:<9} {sum(told == 'passed' for told in seen[name].values()):>4} passed", flush=True)
    finally:
        servers.close()
        shutil.rmtree(folder)
    unknown = 0
    for test in (test for test, told in seen["plain"].items() if told == "passed"):
        for name in ("recorded", "replayed"):
            if (told := seen[name].get(test, "not run")) != "passed":
                unknown += test not in REASONS
                print(f"{name:<9} {test}: {REASONS.get(test, f'NOT EXPLAINED: {told}')}")
    return 1 if unknown else 0


if __name__ == "__main__":
    if os.name != "posix":
        sys.exit("the suite runs where PostgreSQL has unix sockets")
    sys.exit(main())
