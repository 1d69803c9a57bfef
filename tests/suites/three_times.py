"""A library's own test suite: plain, recorded, and replayed with the server stopped.

The source distribution of the library that is installed is downloaded, unless the first argument says where one is.
Three numbers are printed, and what differs. Why a test may differ is in a JSON file beside the suite's script; the exit
status is 1 if one differs that is not there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from services.postgresql import OwnServer
from services.processes import Servers, environment

HERE = Path(__file__).resolve().parent
PATIENCE = 1800.0
"""s that one run may take."""
RUNS = {"plain": "", "recorded": "record", "replayed": "replay"}


@dataclass(frozen=True)
class Suite:
    """One suite.

    Args:
        source: the distribution that has it in its ``tests``.
        installed: the distribution that is tested.
        left_out: tests that are about something else, as pytest's ``--deselect`` takes them.
        place: the environment by which the suite finds a server at a port.
        prepare: what it wants to find on a server at a URL.
    """

    source: str
    installed: str
    left_out: tuple[str, ...] = ()
    place: Callable[[int], dict[str, str]] = field(default=lambda _: {})
    prepare: Callable[[str], None] = field(default=lambda _: None)

    def main(self) -> int:
        """Run it three times, and tell. The exit status."""
        folder = Path(tempfile.mkdtemp(prefix=f"{self.source}-suite-"))
        servers = Servers(folder)
        try:
            where = self._unpacked(folder)
            own = OwnServer(servers)
            self.prepare(own.url)
            seen: dict[str, dict[str, str]] = {}
            for name, mode in RUNS.items():
                if mode == "replay":
                    own.stop()
                seen[name] = self._run(where, mode, own.port)
                print(f"{name:<9} {sum(told == 'passed' for told in seen[name].values()):>4} passed", flush=True)
        finally:
            servers.close()
            shutil.rmtree(folder)
        return self._told(seen)

    def _unpacked(self, folder: Path) -> Path:
        """The folder that has the suite's ``tests``."""
        found = [Path(said) for said in sys.argv[1:]]
        if not found:
            wanted = ["--no-binary", self.source, "--no-deps", f"{self.source}=={version(self.installed)}"]
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *wanted], cwd=folder, check=True)
            found = [*folder.glob(f"{self.source}-*.tar.gz")]
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

    def _run(self, where: Path, mode: str, port: int) -> dict[str, str]:
        """What became of each test: ``passed``, ``skipped``, or the first line of what it says."""
        report = where.parent / f"{mode}.xml"
        ours = [f"--timetracer={mode}", "--timetracer-all", f"--timetracer-dir={where.parent / 'cassettes'}"]
        command = [
            *(sys.executable, "-m", "pytest", "tests", "-q", "--tb=native", "-p", "no:cacheprovider", "-W", "ignore"),
            *(f"--deselect={test}" for test in self.left_out),
            *(f"--junitxml={report}", *(ours if mode else ["-p", "no:timetracer"])),
        ]
        options = {"cwd": where, "env": environment(self.place(port)), "timeout": PATIENCE}
        with (where.parent / f"{mode}.log").open("wb") as log:
            subprocess.run(command, stdout=log, stderr=log, check=False, **options)
        seen: dict[str, str] = {}
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}".removeprefix("tests.")
            told = [child for child in case if child.tag in ("failure", "error")]
            skipped = any(child.tag == "skipped" for child in case)
            failed = (told[0].get("message") or told[0].tag).splitlines()[0] if told else ""
            seen[name] = failed or ("skipped" if skipped else "passed")
        return seen

    def _told(self, seen: dict[str, dict[str, str]]) -> int:
        reasons: dict[str, str] = json.loads((HERE / f"of_{self.source}.json").read_text(encoding="utf-8"))
        unknown = 0
        for test in (test for test, told in seen["plain"].items() if told == "passed"):
            for name in ("recorded", "replayed"):
                if (told := seen[name].get(test, "not run")) != "passed":
                    unknown += test not in reasons
                    print(f"{name:<9} {test}: {reasons.get(test, f'NOT EXPLAINED: {told}')}")
        return 1 if unknown else 0
