"""MongoDB as the laws want it: ports of their own that lead to one real server, each with a database of its own."""

from __future__ import annotations

from itertools import count
from urllib.parse import urlsplit

import pymongo

from services.upstream import Door, Upstream, Upstreams


class Databases:
    """Where such databases come from.

    Args:
        upstreams: opens the ports.
        url: of the real server.
    """

    def __init__(self, upstreams: Upstreams, url: str) -> None:
        self._upstreams = upstreams
        self._url = url
        self._numbers = count(1)

    def open(self) -> Database:
        there = urlsplit(self._url)
        upstream = self._upstreams.open(to=(there.hostname or "127.0.0.1", there.port or 27017))
        return Database(upstream, self._url, f"timetracer_law_{next(self._numbers)}")


class Database(Door):
    """One of them."""

    def __init__(self, upstream: Upstream, real: str, name: str) -> None:
        super().__init__(upstream)
        self._real = real
        self._name = name
        self.forget()

    @property
    def url(self) -> str:
        """``mongodb://127.0.0.1:40123/timetracer_law_1?directConnection=true``: nobody looks for the rest of a set."""
        return f"mongodb://127.0.0.1:{self._upstream.port}/{self._name}?directConnection=true"

    def forget(self) -> None:
        with pymongo.MongoClient(self._real) as client:
            client.drop_database(self._name)
