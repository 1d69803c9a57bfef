"""Runs `make test` with every Python >= 3.10 that this machine has: on PATH, and pyenv's versions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 10)
ASK = "import sys; print(*sys.version_info[:2], sys.implementation.name, getattr(sys, 'abiflags', ''))"


def candidates() -> list[Path]:
    """Every file named like an interpreter, pyenv's first (its names on PATH are shims that may lead nowhere)."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep) if folder]
    named = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    return sorted(pyenv.glob("*/bin/python3")) + [
        path for path in named if re.fullmatch(r"(python3(\.\d+)?|pypy3(\.\d+)?)", path.name)
    ]


def interpreters() -> dict[tuple[int, int], Path]:
    """The first CPython found of each version that is new enough, oldest version first."""
    found: dict[tuple[int, int], Path] = {}
    for path in candidates():
        answer = subprocess.run([path, "-c", ASK], capture_output=True, text=True, check=False)
        words = answer.stdout.split()
        if answer.returncode or len(words) < 3 or words[2:] != ["cpython"]:
            continue
        version = (int(words[0]), int(words[1]))
        if version >= OLDEST:
            found.setdefault(version, path)
    return dict(sorted(found.items()))


def main() -> None:
    """Every version is tried, whatever became of the one before."""
    root = Path(__file__).resolve().parent.parent
    outcome: dict[str, bool] = {}
    for (major, minor), python in interpreters().items():
        version = f"{major}.{minor}"
        print(f"\n── Python {version} ({python})", flush=True)
        command = ["make", "test", f"PYTHON={python}", f"VENV=.venvs/{version}"]
        outcome[version] = subprocess.run(command, cwd=root, check=False).returncode == 0
    print("\n" + ", ".join(f"Python {version}: {'ok' if ok else 'FAILED'}" for version, ok in outcome.items()))
    sys.exit(0 if outcome and all(outcome.values()) else 1)


if __name__ == "__main__":
    main()
