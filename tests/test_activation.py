"""Switching on without code and in code: beside the user's tracing, whatever that is, and never in its way."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.kept import calls, units
from services.processes import Servers, environment, script
from services.upstream import Upstream
from timetracer.cassette.model import Cassette, Kind

TESTS = Path(__file__).parent
QUIET = {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
LIMITS = {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "8", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "64"}
ORDER = json.dumps({"sku": 1, "note": "long " * 100})


def serve(servers: Servers, upstream: Upstream, exporters: str, **env: str) -> list[dict[str, Any]]:
    """The shop under ``opentelemetry-instrument``, asked for a price and an order; the spans that it printed."""
    shop = servers.uvicorn(
        "services.shop:app",
        "--log-level=error",
        under=[script("opentelemetry-instrument")],
        cwd=TESTS,
        env={"UPSTREAM": upstream.url, "OTEL_TRACES_EXPORTER": exporters, **QUIET, **env},
    )
    assert httpx.get(f"{shop.url}/price/7", timeout=30).status_code == 200
    assert httpx.post(f"{shop.url}/orders", content=ORDER, timeout=30).json()["ordered"] == json.loads(ORDER)
    shop.process.send_signal(signal.SIGINT)  # unlike SIGTERM, it lets OpenTelemetry export what it has
    shop.process.wait(30)
    return [json.loads(span) for span in re.findall(r"^\{$.*?^\}$", shop.output, re.DOTALL | re.MULTILINE)]


def outline(span: dict[str, Any]) -> Any:
    """What is the same in every run."""
    changing = {"net.peer.port", "http.server_name", "http.host", "net.host.port", "http.url"}
    attributes = {name: value for name, value in span["attributes"].items() if name not in changing}
    return span["name"], span["kind"], bool(span["parent_id"]), attributes, list(span["attributes"]), span["status"]


@pytest.mark.parametrize(
    ("env", "expected"),
    [(LIMITS, 11), ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, 0)],
    ids=["with narrow limits", "with nothing sampled"],
)
def test_each_request_is_a_cassette_and_the_user_sees_the_same_spans(
    env: dict[str, str], expected: int, servers: Servers, upstream: Upstream, tmp_path: Path
) -> None:
    alone = serve(servers, upstream, "console", **env)
    beside = serve(servers, upstream, "console,timetracer", TIMETRACER_DIR=str(tmp_path / "cassettes"), **env)
    assert sorted(map(outline, beside), key=repr) == sorted(map(outline, alone), key=repr)
    assert len(beside) == expected
    price, order = (unit for unit in units(tmp_path / "cassettes"))
    assert tree(price) == [("GET /price/{sku}", Kind.SERVER, ""), ("GET", Kind.CLIENT, "GET /price/{sku}")]
    assert [name for name, _, _ in tree(order)] == ["POST /orders", "POST", "GET"]
    received, called, _ = order.exchanges
    assert received.request_body == called.request_body == ORDER.encode()
    assert json.loads(received.response_body or b"")["ordered"] == json.loads(ORDER)
    assert ["content-length", str(len(ORDER))] in received.request["headers"]  # type: ignore[operator]
    scopes = {span.scope.name for span in order.spans}
    assert scopes == {"opentelemetry.instrumentation.fastapi", "opentelemetry.instrumentation.httpx"}


def tree(cassette: Cassette) -> list[tuple[str, Kind, str]]:
    """(name, kind, parent's name) of each span with an exchange."""
    names = {span.span_id: span.name for span in cassette.spans}
    return [(span.name, span.kind, names.get(span.parent_id, "")) for span in cassette.spans if span.exchange]


CALL = """
import os, httpx
try: print(httpx.get(os.environ["UPSTREAM"] + "/counter").text)
except Exception as error: print(type(error).__name__)
"""
CALLED, BLOCKED = '{"n": 1}\n', "UnmatchedCall\n"
WISHED = {"OTEL_TRACES_EXPORTER": "timetracer"}


@pytest.mark.parametrize(
    ("env", "printed", "recorded", "told"),
    [
        ({}, CALLED, 0, ""),
        (WISHED, CALLED, 1, ""),
        ({"TIMETRACER_MODE": "record"}, CALLED, 1, ""),
        ({"TIMETRACER_MODE": "off", **WISHED}, CALLED, 0, ""),
        ({"TIMETRACER_MODE": "record", "OTEL_SDK_DISABLED": "true"}, CALLED, 1, ""),
        ({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "httpx", **WISHED}, CALLED, 0, ""),
        ({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "asyncio,fastapi", **WISHED}, CALLED, 1, ""),
        ({"TIMETRACER_SAMPLE_RATE": "much", **WISHED}, CALLED, 0, "timetracer is off: TIMETRACER_SAMPLE_RATE"),
        ({"TIMETRACER_MODE": "recrod"}, CALLED, 0, "timetracer is off: TIMETRACER_MODE"),
        ({"TIMETRACER_MODE": "replay"}, BLOCKED, 0, "timetracer has nothing to replay, and every call will fail:"),
        ({"TIMETRACER_MODE": "replay", "TIMETRACER_SAMPLE_RATE": "much"}, BLOCKED, 0, "timetracer has nothing to"),
    ],
    ids=str,
)
def test_zero_code(
    env: dict[str, str], printed: str, recorded: int, told: str, upstream: Upstream, tmp_path: Path
) -> None:
    ran = instrumented(CALL, tmp_path, {"UPSTREAM": upstream.url, **env})
    assert (ran.returncode, ran.stdout) == (0, printed)
    assert len(calls(tmp_path / "cassettes")) == recorded
    assert ran.stderr.startswith(told)
    assert ran.stderr.count("\n") == bool(told)
    assert len(upstream.calls) == (printed == CALLED)


def instrumented(code: str, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    line = [script("opentelemetry-instrument"), sys.executable, "-c", code]
    own = environment({"OTEL_TRACES_EXPORTER": "none", **QUIET, **env})
    return subprocess.run(line, cwd=folder, env=own, capture_output=True, text=True, check=False)


def test_a_replay_needs_no_sdk(upstream: Upstream, tmp_path: Path) -> None:
    env = {"UPSTREAM": upstream.url, "OTEL_SDK_DISABLED": "true"}
    instrumented(CALL, tmp_path, {**env, "TIMETRACER_MODE": "record"})
    upstream.stop()
    replayed = instrumented(CALL, tmp_path, {**env, "TIMETRACER_MODE": "replay"})
    assert (replayed.stdout, replayed.stderr) == (CALLED, "")


IN_CODE = """
import os, sys
import httpx, timetracer
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

seen = InMemorySpanExporter()
def provider(sampler=ALWAYS_ON):
    made = TracerProvider(sampler=sampler)
    made.add_span_processor(SimpleSpanProcessor(seen))
    return made
def call(tracer_provider=None):
    with trace.get_tracer("app", tracer_provider=tracer_provider).start_as_current_span("work"):
        httpx.get(os.environ["UPSTREAM"] + "/counter")
"""
ORDERS = {
    "us, provider, instrumentor": (
        "timetracer.instrument(); trace.set_tracer_provider(provider()); HTTPXClientInstrumentor().instrument(); call()"
    ),
    "provider, instrumentor, us": (
        "trace.set_tracer_provider(provider()); HTTPXClientInstrumentor().instrument(); timetracer.instrument(); call()"
    ),
    "instrumentor, us, provider": (
        "HTTPXClientInstrumentor().instrument(); timetracer.instrument(); trace.set_tracer_provider(provider()); call()"
    ),
    "us twice": (
        "trace.set_tracer_provider(provider()); timetracer.instrument(); timetracer.instrument('elsewhere')\n"
        "HTTPXClientInstrumentor().instrument(); call()"
    ),
    "a provider that is not the global one": (
        "own = provider(); timetracer.instrument(tracer_provider=own)\n"
        "HTTPXClientInstrumentor().instrument(tracer_provider=own); call(own)"
    ),
    "a processor": (
        "own = provider(); own.add_span_processor(timetracer.CassetteProcessor('cassettes'))\n"
        "HTTPXClientInstrumentor().instrument(tracer_provider=own); call(own)"
    ),
    "a processor for the global one": (
        "own = provider(); own.add_span_processor(timetracer.CassetteProcessor('cassettes'))\n"
        "trace.set_tracer_provider(own); HTTPXClientInstrumentor().instrument(); call()"
    ),
}


def in_code(code: str, folder: Path, upstream: Upstream) -> str:
    own = environment({"UPSTREAM": upstream.url})
    line = [sys.executable, "-c", IN_CODE + code]
    ran = subprocess.run(line, cwd=folder, env=own, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


@pytest.mark.parametrize("code", ORDERS.values(), ids=list(ORDERS))
def test_in_code_the_order_does_not_matter(code: str, upstream: Upstream, tmp_path: Path) -> None:
    show = (
        "\nfor span in seen.get_finished_spans(): print(span.name, span.instrumentation_scope.name, *span.attributes)"
    )
    spans = in_code(code + show, tmp_path, upstream).splitlines()
    assert [line.split()[:2] for line in spans] == [["GET", "opentelemetry.instrumentation.httpx"], ["work", "app"]]
    assert "timetracer" not in " ".join(spans)
    (cassette,) = calls(tmp_path / "cassettes")
    assert [(span.name, span.scope.name) for span in cassette.spans] == [
        ("work", "app"),
        ("GET", "opentelemetry.instrumentation.httpx"),
    ]
    assert tree(cassette) == [("GET", Kind.CLIENT, "work")]
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_not_sampled_is_recorded_and_seen_by_nobody_else(upstream: Upstream, tmp_path: Path) -> None:
    code = (
        "trace.set_tracer_provider(provider(ALWAYS_OFF)); HTTPXClientInstrumentor().instrument()\n"
        "timetracer.instrument()\nfor _ in range(20): call()\nprint(len(seen.get_finished_spans()))"
    )
    assert in_code(code, tmp_path, upstream) == "0\n"
    assert len(calls(tmp_path / "cassettes")) == 20


def test_without_an_instrumentor_of_opentelemetrys_the_call_has_a_span_in_the_cassette_alone(
    upstream: Upstream, tmp_path: Path
) -> None:
    code = (
        "trace.set_tracer_provider(provider()); timetracer.instrument(); call(); print(len(seen.get_finished_spans()))"
    )
    assert in_code(code, tmp_path, upstream) == "1\n"
    (cassette,) = calls(tmp_path / "cassettes")
    assert [(span.name, span.scope.name) for span in cassette.spans] == [
        ("work", "app"),
        (f"GET {upstream.url}/counter", "timetracer"),
    ]


def test_switched_off_everything_is_as_it_was_and_may_be_switched_on_again(upstream: Upstream, tmp_path: Path) -> None:
    code = """
import signal
def state():
    return (httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request, TracerProvider.__init__,
            os._exit, signal.signal, signal.getsignal(signal.SIGTERM))
before = state()
assert timetracer.uninstrument() == timetracer.Verdict()
timetracer.instrument("cassettes")
assert not set(before) & set(state())
call()
assert timetracer.uninstrument().ok()
assert state() == before
call()
timetracer.instrument("cassettes", mode="replay")
call()
verdict = timetracer.uninstrument()
assert (verdict.played, verdict.missed, verdict.unplayed) == (1, [], []), verdict
assert state() == before
"""
    in_code(code, tmp_path, upstream)
    assert len(upstream.calls) == 2
    assert len(calls(tmp_path / "cassettes")) == 1


def test_in_code_what_is_wrong_is_raised(upstream: Upstream, tmp_path: Path) -> None:
    code = """
for arguments in ({"mode": "recrod"}, {"mode": "replay"}, {"max_body_bytes": -1}, {"colour": "red"}):
    try: timetracer.instrument(**arguments)
    except timetracer.TimetracerError as error: print(error)
"""
    told = in_code(code, tmp_path, upstream).splitlines()
    assert len(told) == 4
    assert "'recrod' is not allowed" in told[0]
    assert "cassettes: there is no cassette to replay" in told[1]
    assert "max_body_bytes" in told[2]
    assert "colour" in told[3]
