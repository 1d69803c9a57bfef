"""What the tests of the plugin ask for."""

from __future__ import annotations

import pytest

from services.project import Project
from services.upstream import Upstream


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> Project:
    """A project with tests of its own, and a real upstream to call."""
    return Project(pytester, monkeypatch, upstream)
