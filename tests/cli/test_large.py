"""A cassette of 50 MB, and a hostile one, in whatever prints: it comes to an end, and no line steers a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from large import hostile, large
from timetracer.cassette import files
from timetracer.store.archive import ArchiveStore

COMMANDS = (
    "list PATH",
    "timeline PATH",
    "timeline PATH --width 60 --ascii",
    "show PATH --span 2",
    "search PATH r",
    "stats PATH",
    "diff PATH PATH",
    "validate PATH",
)


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.json"
    files.write(path, large())
    assert path.stat().st_size > 50_000_000
    return path


@pytest.fixture(scope="module", params=["file", "archive"])
def nasty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hostile")
    if request.param == "file":
        files.write(place / "hostile.json", hostile())
        return place / "hostile.json"
    store = ArchiveStore(place / "hostile.sqlite")
    store.save(hostile())
    store.close()
    return place / "hostile.sqlite"


@pytest.mark.parametrize("command", COMMANDS)
def test_fifty_megabytes_are_shown(command: str, run: Any, big: Path) -> None:
    ran = run(*command.replace("PATH", str(big)).split())
    assert (ran.status, ran.err) == (0, "")
    assert ran.out
    assert len(ran.out) < 1_000_000


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("coloured", [False, True])
def test_nothing_hostile_reaches_the_terminal(
    command: str, coloured: bool, run: Any, nasty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if coloured:
        monkeypatch.setenv("FORCE_COLOR", "1")
    ran = run(*command.replace("PATH", str(nasty)).split())
    assert ran.status in (0, 1)
    shown = ran.out + ran.err
    steering = set(shown) & {*map(chr, range(32)), *map(chr, range(127, 160)), "\u202e", "\u200b", "\ud800"}
    assert steering <= {"\n", "\x1b"}
    assert "\x1b[2J" not in shown
    assert ("\x1b" in shown) <= coloured
    assert "[red]" in shown or command.startswith(("stats", "diff", "validate"))
    assert len(shown) < 1_000_000
