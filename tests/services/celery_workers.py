"""Celery as the laws want it: ports of their own that lead to one broker, which one real worker serves."""

from __future__ import annotations

from services.brokers import TESTS
from services.found import KINDS, own
from services.law_tasks import app_at
from services.processes import Servers, script
from services.upstream import Door, Upstream, Upstreams

PATIENCE = 90.0
"""s that the worker may take to come up."""


class Workers:
    """Where such ports come from.

    Args:
        upstreams: opens them.
        servers: starts and ends the broker and the worker.
    """

    def __init__(self, upstreams: Upstreams, servers: Servers) -> None:
        self._upstreams = upstreams
        self._port = own(KINDS["redis"], servers).port
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        command = [script("celery"), "-A", "services.law_tasks", "worker", "--pool", "solo", *quiet]
        servers.background(command, cwd=TESTS, env={"LAWS_REDIS": self._url, "C_FORCE_ROOT": "1"})

    @property
    def _url(self) -> str:
        return f"redis://127.0.0.1:{self._port}"

    def open(self) -> Broker:
        return Broker(self._upstreams.open(to=("127.0.0.1", self._port)), self._url)


class Broker(Door):
    """One of them. What the worker counts, it counts for each port."""

    def __init__(self, upstream: Upstream, real: str) -> None:
        super().__init__(upstream)
        self._real = real

    @property
    def url(self) -> str:
        """``redis://127.0.0.1:40123``."""
        return f"redis://127.0.0.1:{self._upstream.port}"

    def forget(self) -> None:
        app_at(self._real).send_task("law.forget", (self.url,)).get(timeout=PATIENCE)
