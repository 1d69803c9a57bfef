"""Run by `wheel.py` with the installed wheel's Python: is everything in it that should be, and does it load?"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def declared(project: dict[str, dict[str, str]]) -> set[tuple[str, str, str]]:
    """(group, name, value) of every entry point that pyproject.toml promises."""
    groups = dict(project.get("entry-points", {})) | {"console_scripts": project.get("scripts", {})}
    return {(group, name, value) for group, points in groups.items() for name, value in points.items()}


def main(pyproject: Path) -> None:
    """Ends with a message if something is missing."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    installed = importlib.metadata.distribution(project["name"])
    assert installed.version == project["version"]

    points = list(installed.entry_points)
    assert {(point.group, point.name, point.value) for point in points} == declared(project)
    for point in points:
        # An instrumentor is named by its library, and is loaded only where the library is.
        if point.group != "timetracer.instrumentors" or importlib.util.find_spec(point.name):
            point.load()

    for package in ("timetracer", "timetracer_instrumentors"):
        (home,) = importlib.util.find_spec(package).submodule_search_locations
        assert "site-packages" in home, home
        assert Path(home, "py.typed").is_file(), f"{package} has no py.typed"
    top = {path.parts[0] for path in installed.files if ".dist-info" not in path.parts[0] and path.parts[0] != ".."}
    assert top == {"timetracer", "timetracer_instrumentors"}, f"the wheel also has {top}"

    options = subprocess.run([sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True)
    if any(point.group == "pytest11" for point in points):
        assert "--timetracer" in options.stdout, "pytest does not know the plugin"
    print(f"{project['name']} {installed.version}: {len(points)} entry points are there and load")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
