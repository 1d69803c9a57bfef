"""Who is told of a problem, and once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import httpx
import pytest

from services.upstream import Upstream
from timetracer.errors import FailedVerdict, UnmatchedCall
from timetracer.pytest_plugin.cover import Cover, VerdictFailure
from timetracer.pytest_plugin.ledger import Ledger
from timetracer.pytest_plugin.run_block import RunBlock


def used(path: Path, *urls: str, shared: bool = False, **settings: object) -> Cover:
    """A cassette that was used for these calls, in a run of its own."""
    block = RunBlock(path, Ledger(path.parent / token_hex(4)), "pytest test_x.py", **settings)
    block.start()
    try:
        for url in urls:
            with suppress(UnmatchedCall):
                httpx.get(url)
    finally:
        block.close()
    return Cover(block, "test_x.py::test_y", shared)


@pytest.fixture
def recorded(tmp_path: Path, upstream: Upstream) -> Path:
    """A cassette of two calls; nobody listens there any more."""
    path = tmp_path / "test_y.json"
    cover = used(path, f"{upstream.url}/text", f"{upstream.url}/text?more")
    assert cover.settle() == ""
    assert (cover.outcome().kept, cover.outcome().verdict.recorded) == (True, 2)
    upstream.stop()
    return path


def test_each_missed_call_is_told_once(recorded: Path, upstream: Upstream) -> None:
    cover = used(recorded, f"{upstream.url}/miss")
    first = cover.untold()
    assert f"missed    GET {upstream.url}/miss" in first
    assert "record    pytest test_x.py" in first
    assert cover.untold() == ""
    assert cover.settle() == ""


@pytest.mark.parametrize(
    ("strict", "shared", "good", "is_told"),
    [
        (True, False, True, True),
        (False, False, True, False),
        (True, True, True, False),  # it may be another's
        (True, False, False, False),  # the test has ended before it could play them
    ],
)
def test_what_was_not_played_is_told_only_where_it_is_this_tests_and_wanted(
    recorded: Path, upstream: Upstream, strict: bool, shared: bool, good: bool, is_told: bool
) -> None:
    cover = used(recorded, f"{upstream.url}/text", shared=shared, strict=strict)
    cover.good = good
    assert bool(cover.settle()) is is_told
    assert cover.outcome().verdict.unplayed == [f"GET {upstream.url}/text"]


@pytest.mark.parametrize(
    ("mode", "good", "kept"), [("record", True, True), ("record", False, False), ("rewrite", False, True)]
)
def test_only_what_is_fit_is_kept(tmp_path: Path, upstream: Upstream, mode: str, good: bool, kept: bool) -> None:
    path = tmp_path / "test_y.json"
    cover = used(path, f"{upstream.url}/text", mode=mode)
    cover.good = good
    cover.settle()
    assert (path.exists(), cover.outcome().kept) == (kept, kept)


def test_the_failure_is_pytests_and_ours_and_shown_by_its_text() -> None:
    failure = VerdictFailure("1 missed")
    assert isinstance(failure, pytest.fail.Exception)
    assert isinstance(failure, FailedVerdict)
    assert (str(failure), failure.pytrace) == ("1 missed", False)
