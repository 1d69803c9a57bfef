"""Which units are kept, and what happens when the disk refuses."""

from __future__ import annotations

import logging
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest

from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Kind
from timetracer.errors import StoreError
from timetracer.recording import faults
from timetracer.recording.keeper import Keeper
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit
from timetracer.redaction.redactor import Redactor
from timetracer.store import refuge
from toy import TOY, instrumentor

SERVER = instrumentor(Kind.SERVER)


def request(path: str, status: int = 200, call_fails: bool = False) -> Unit:
    """The unit of one inbound request that makes one call."""
    units: list[Unit] = []
    recording = Recording(Choice(), units.append)
    with recording.arrival(SERVER, ("GET", path)) as tape:
        call = recording.begin(TOY, ("GET", "upstream"))
        assert call is not None
        if call_fails:
            call.fail(TimeoutError("slow"))
        call.finish()
        tape.answered((status,))
    return units[0]


@pytest.fixture
def kept() -> list[tuple[Cassette, bool]]:
    return []


def keeper(kept: list[tuple[Cassette, bool]], **choice: Any) -> Keeper:
    def keep(cassette: Cassette, background: bool) -> bool:
        kept.append((cassette, background))
        return True

    return Keeper(keep, Redactor(), **choice)


def test_a_unit_is_kept_redacted(kept: list[tuple[Cassette, bool]]) -> None:
    units: list[Unit] = []
    recording = Recording(Choice(), units.append)
    call = recording.begin(TOY, ("GET", "https://shop/?api_key=sk-verysecretvalue123"))
    assert call is not None
    call.finish()
    one = keeper(kept)
    one(units[0])
    ((cassette, background),) = kept
    assert background
    assert (one.calls, one.units) == (1, 0)
    assert "verysecret" not in repr(cassette)


@pytest.mark.parametrize(
    ("unit", "keeps"),
    [
        (request("/fine"), False),
        (request("/fine", status=404), False),
        (request("/broken", status=500), True),
        (request("/fine", call_fails=True), True),
    ],
    ids=["200", "404", "500", "a failed call"],
)
def test_errors_only(kept: list[tuple[Cassette, bool]], unit: Unit, keeps: bool) -> None:
    keeper(kept, errors_only=True)(unit)
    assert bool(kept) is keeps


@pytest.mark.parametrize(("pattern", "keeps"), [("/health*", False), ("/orders", True)])
def test_excluded_paths(kept: list[tuple[Cassette, bool]], pattern: str, keeps: bool) -> None:
    keeper(kept, exclude_paths=(pattern,))(request("http://shop/healthz?full=1"))
    assert bool(kept) is keeps


def test_a_discarded_unit_is_not_kept(kept: list[tuple[Cassette, bool]]) -> None:
    unit = request("/fine")
    unit.discarded = True
    keeper(kept)(unit)
    assert kept == []


def kept_in(folder: str) -> list[Cassette]:
    return [cassette for path in Path(folder).glob("*.json") for cassette in files.read(path)]


def test_where_nothing_can_be_kept_at_all_it_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(cassette: Cassette, *_: bool) -> bool:
        raise StoreError("/full: No space left on device")

    monkeypatch.setattr(refuge, "keep", refuse)
    faults.forget()
    one = Keeper(refuse, Redactor())
    one(request("/a"))
    assert (one.lost, one.refuges) == (1, [])
    assert faults.counts() == {"cassettes not written": 1, "cassettes lost": 1}


def test_a_disk_that_refuses_is_said_once_and_what_it_refused_is_kept(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(refuge, "_made", {})

    def refuse(cassette: Cassette, background: bool) -> bool:
        raise StoreError("/full: No space left on device")

    faults.forget()
    one = Keeper(refuse, Redactor())
    with caplog.at_level(logging.WARNING, "timetracer"):
        one(request("/a"))
        one(request("/b"))
    told, where = caplog.records
    assert "No space left on device" in told.getMessage()
    (folder,) = one.refuges
    assert folder in where.getMessage()
    assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
    assert len(kept_in(folder)) == 2
    assert (one.lost, one.units, faults.counts()) == (2, 0, {"cassettes not written": 2})


def test_a_unit_that_is_completed_anew_is_kept_anew_and_counted_once(kept: list[tuple[Cassette, bool]]) -> None:
    one, unit = keeper(kept), request("https://shop/a")
    one(unit)
    one(unit)
    assert (len(kept), one.units) == (2, 1)
