"""Builds the wheel (through the source distribution) and tests it where nothing of this checkout can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SMOKE = (ROOT / ".ci" / "smoke.py").read_text(encoding="utf-8")


def run(*command: str | Path, cwd: Path) -> None:
    """Runs a command; a failure ends this script with its status."""
    print("$", *command, flush=True)
    away = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if status := subprocess.run(command, cwd=cwd, env=away, check=False).returncode:
        sys.exit(status)


def main() -> None:
    """The wheel's requirements alone first; then with every extra."""
    with tempfile.TemporaryDirectory(prefix="timetracer-wheel-") as place:
        away = Path(place)
        run(sys.executable, "-m", "build", "--outdir", away, ROOT, cwd=away)
        (wheel,) = away.glob("*.whl")
        (away / "smoke.py").write_text(SMOKE, encoding="utf-8")
        venv.create(away / "env", with_pip=True)
        python = away / "env" / "bin" / "python"
        for extras in ("", "[all]"):
            run(python, "-m", "pip", "install", "--quiet", f"{wheel}{extras}", cwd=away)
            run(python, "-I", "smoke.py", ROOT / "pyproject.toml", cwd=away)
            run(away / "env" / "bin" / "timetracer", "--help", cwd=away)


if __name__ == "__main__":
    main()
