"""A replayed block keeps what it did, redacted, in a place where nobody takes it for a recording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import toy
from timetracer.block import record, replay, use
from timetracer.cassette import files
from timetracer.cassette.replays import is_replay_of
from timetracer.errors import CassetteError, FailedVerdict, UnmatchedCall
from timetracer.recording import faults, providers
from timetracer.seams import installed
from toy_world import World


@pytest.fixture(autouse=True)
def toy_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The toy is installed; nothing stands in a file of settings; faults are raised."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(installed, "load", toy.load)
    monkeypatch.setattr(faults, "raising", True)
    yield
    providers.forget()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recorded" / "shop.json"


def test_what_a_replay_did_is_kept_and_never_replayed(path: Path, tmp_path: Path) -> None:
    world = World(a=b"1", b=b"2")
    with record(path):
        world.get("a")
        world.get("b")
    with suppress(FailedVerdict), replay(path, replay_keep="replays"):
        World().get("a")
        with suppress(UnmatchedCall):
            World().get("c")
    kept = tmp_path / "replays" / path.relative_to(tmp_path)
    (cassette,) = files.read(kept)
    assert cassette.name == "replay of shop"
    assert [span.attributes["timetracer.replay"] for span in cassette.spans] == ["played", "missed"]
    assert is_replay_of(cassette, *files.read(path))
    for mode in ("replay", "verify"):
        with pytest.raises(CassetteError, match="what a replay did, not a recording"), use(kept, mode):
            pass


def test_secrets_are_not_kept(path: Path, tmp_path: Path) -> None:
    world = World(**{"a?token=tops3cret": b"1"})
    with record(path):
        world.get("a?token=tops3cret")
    with replay(path, replay_keep=tmp_path / "replays"):
        World().get("a?token=tops3cret")
    assert b"tops3cret" not in (tmp_path / "replays" / path.relative_to(tmp_path)).read_bytes()
