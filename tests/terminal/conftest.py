"""Cassettes to look at."""

from __future__ import annotations

import pytest

import recordings
from timetracer.cassette.model import Cassette


@pytest.fixture
def order() -> Cassette:
    return recordings.order()


@pytest.fixture
def basket() -> Cassette:
    return recordings.basket()
