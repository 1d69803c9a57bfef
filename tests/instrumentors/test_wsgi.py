"""What enters a WSGI app and what it answers: the same without us, recording and replaying."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import flask
import httpx
import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware

from conformance.three_ways import PATIENCE
from conformance.tracing import Watched, reset_global_provider, stop_time
from conformance.whole_process import inbound, kept, watched
from services.serving import EDGE, MULTIPART, exchange, message
from services.upstream import Upstream
from timetracer.cassette.model import Kind
from timetracer_instrumentors import wsgi


class Threads(ThreadingMixIn, WSGIServer):
    """A thread for each request."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Prints nothing."""

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def served(app: Any) -> Iterator[int]:
    """The port that the app is served on, by wsgiref."""
    with make_server("127.0.0.1", 0, app, Threads, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def undated(answer: bytes) -> bytes:
    """Without the date that the server puts on each answer."""
    return b"\r\n".join(line for line in answer.split(b"\r\n") if not line.lower().startswith(b"date: "))


# --- what the app sees ---

reporter = flask.Flask("reporter")


@reporter.route("/report", methods=["GET", "POST", "PUT"])
def report() -> dict[str, Any]:
    """Everything that came in."""
    body = flask.request.get_data()
    told = flask.request.environ
    return {
        "method": flask.request.method,
        "path": told["PATH_INFO"],
        "query": told["QUERY_STRING"],
        "headers": {name: told[name] for name in sorted(told) if name.startswith(("HTTP_", "CONTENT_"))},
        "sha256": hashlib.sha256(body).hexdigest(),
    }


@reporter.post("/form")
def form() -> list[Any]:
    """The fields of a form, files with their names and content."""
    fields = [[name, value] for name, value in flask.request.form.items(multi=True)]
    return fields + [[name, file.filename, file.read().hex()] for name, file in flask.request.files.items()]


@reporter.post("/lines")
def lines() -> list[str]:
    source = flask.request.environ["wsgi.input"]
    return [source.readline().decode(), source.read(3).decode(), source.read(2).decode()]


INBOUND = {
    "GET": message("GET", "/report?a=1&b=%20&c=%C3%BC"),
    "headers": message("GET", "/report", b"", ("X-Empty", ""), ("X-Name", "Zo\u00eb")),
    "form": message("POST", "/form", b"a=1&b=%C3%A9&b=2", ("Content-Type", "application/x-www-form-urlencoded")),
    "multipart": message("POST", "/form", MULTIPART, ("Content-Type", f"multipart/form-data; boundary={EDGE}")),
    "binary": message("PUT", "/report", bytes(range(256)) * 100),
    "empty POST": message("POST", "/report"),
    "lines": message("POST", "/lines", b"one\ntwo45"),
    "2 MB": message("POST", "/report", b"0123456789" * 200_000),
    "not found": message("GET", "/nowhere"),
    "not allowed": message("PUT", "/form", b"a=1"),
}


@pytest.mark.parametrize("name", INBOUND)
def test_requests_reach_the_app_byte_for_byte(name: str, where: Path) -> None:
    def run() -> bytes:
        with served(reporter) as port:
            return undated(exchange(port, INBOUND[name]))

    plain = run()
    with watched("record", where):
        assert run() == plain
    with watched("replay", where):
        assert run() == plain
    head, _, body = INBOUND[name].partition(b"\r\n\r\n")
    recorded = inbound(kept(where)[0])
    assert f"{recorded.request['method']} " == head.partition(b"/")[0].decode()
    assert ("unread" in recorded.request) == (name == "not allowed")
    if name != "not allowed":
        assert recorded.request_body == body
    assert plain.endswith(recorded.response_body or b"")


# --- what the client sees ---


def answers(tmp_path: Path) -> flask.Flask:
    app = flask.Flask("answers")
    (tmp_path / "page.html").write_text("<p>page</p>" * 1000)

    @app.get("/text")
    def text() -> flask.Response:
        return flask.Response("Gr\u00fc\u00dfe", headers={"X-Name": "Zo\u00eb"})

    @app.get("/cookies")
    def cookies() -> flask.Response:
        response = flask.Response(b"\x00\xff", mimetype="image/png")
        response.set_cookie("theme", "dark")
        response.set_cookie("lang", "de")
        return response

    @app.get("/pieces")
    def pieces() -> flask.Response:
        return flask.Response(iter([b"one", b"", b"two"]))

    @app.get("/broken-off")
    def broken_off() -> flask.Response:
        def parts() -> Iterator[bytes]:
            yield b"one"
            raise ZeroDivisionError("app")

        return flask.Response(parts())

    @app.get("/file")
    def file() -> flask.Response:
        return flask.send_file(tmp_path / "page.html", etag=False, last_modified=None)

    @app.delete("/nothing")
    def nothing() -> tuple[str, int]:
        return "", 204

    @app.get("/refused")
    def refused() -> None:
        flask.abort(418)

    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("app")

    return app


PATHS = ("/text", "/cookies", "/pieces", "/broken-off", "/file", "/refused", "/broken")


@pytest.mark.parametrize(("target", "method"), [*[(path, "GET") for path in PATHS], ("/nothing", "DELETE")])
def test_answers_reach_the_client_byte_for_byte(
    target: str, method: str, where: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    app = answers(tmp_path)

    def run() -> bytes:
        with served(app) as port:
            return undated(exchange(port, message(method, target)))

    plain = run()
    with watched("record", where):
        assert run() == plain
    with watched("replay", where):
        assert run() == plain
    (cassette,) = kept(where)
    recorded = inbound(cassette)
    assert recorded.response is not None
    assert recorded.response["status"] == int(plain[9:12])
    assert plain.endswith(recorded.response_body or b"")
    assert (recorded.error is not None) == (target == "/broken-off")


def test_the_first_chunk_leaves_while_the_app_holds_the_second(where: Path) -> None:
    app = flask.Flask("events")
    seen_first = threading.Event()

    @app.get("/events")
    def events() -> flask.Response:
        def parts() -> Iterator[bytes]:
            yield b"data: 0\n\n"
            assert seen_first.wait(PATIENCE)
            yield b"data: 1\n\n"

        return flask.Response(parts(), mimetype="text/event-stream")

    with (
        watched("record", where),
        served(app) as port,
        httpx.stream("GET", f"http://127.0.0.1:{port}/events", timeout=PATIENCE, trust_env=False) as answer,
    ):
        received = answer.iter_raw()
        assert next(received) == b"data: 0\n\n"
        seen_first.set()
        assert b"".join(received) == b"data: 1\n\n"
    recorded = next(inbound(each) for each in kept(where) if any(span.kind is Kind.SERVER for span in each.spans))
    assert recorded.response_body == b"data: 0\n\ndata: 1\n\n"
    assert [length for length, _ in recorded.chunks or []] == [9, 9]


# --- the units of work ---


@pytest.mark.parametrize("way", ["flask", "outside", "none"])
def test_calls_in_the_body_are_the_requests_and_the_user_sees_the_same_spans(
    way: str, where: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(mode: str) -> tuple[bytes, list[dict[str, Any]]]:
        reset_global_provider(monkeypatch)
        stop_time(monkeypatch)
        app = flask.Flask("caller")

        @app.get("/call")
        def call() -> flask.Response:
            def parts() -> Iterator[str]:
                for number in (1, 2):
                    yield httpx.get(f"{upstream.url}/text?n={number}", trust_env=False).text

            return flask.Response(parts())

        with watched(mode, where):
            seen = Watched()
            trace.set_tracer_provider(seen.provider)
            if way == "flask":
                FlaskInstrumentor().instrument_app(app)
            with served(OpenTelemetryMiddleware(app) if way == "outside" else app) as port:
                answer = undated(exchange(port, message("GET", "/call")))
        return answer, timeless(seen.spans)

    plain = run("off")
    assert run("record") == plain
    (cassette,) = kept(where)
    assert [each.library for each in cassette.exchanges] == ["flask", "httpx", "httpx"]
    (server,) = [span for span in cassette.spans if span.kind is Kind.SERVER]
    assert server.exchange is inbound(cassette)
    scopes = {"none": "timetracer", "flask": "opentelemetry.instrumentation.flask"}
    assert server.scope.name == scopes.get(way, "opentelemetry.instrumentation.wsgi")
    upstream.stop()
    assert run("replay") == plain


def timeless(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the client's and the server's ports, which are others each time, and what Flask's instrumentor took for
    the start with a clock of its own."""
    for span in spans:
        span.pop("start_time")
        for name in ("net.peer.port", "net.host.port", "http.url", "http.server_name", "http.host"):
            span["attributes"].pop(name, None)
    return spans


def test_requests_of_a_test_client_are_seen_though_it_reads_nothing(where: Path) -> None:
    with watched("record", where), reporter.test_client() as client:
        for number in range(3):
            assert client.get(f"/report?n={number}").status_code == 200
    assert [inbound(each).key for each in kept(where)] == ["GET http://localhost/report"] * 3


# --- what servers say ---


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        (
            {"HTTP_HOST": "shop", "PATH_INFO": "/a b/\xc3\xbc", "QUERY_STRING": "x=%20"},
            "http://shop/a%20b/%C3%BC?x=%20",
        ),
        ({"HTTP_HOST": "shop", "RAW_URI": "/a%2Fb?", "PATH_INFO": "/a/b"}, "http://shop/a%2Fb?"),
        ({"HTTP_HOST": "shop", "REQUEST_URI": "http://shop/x", "PATH_INFO": "/x"}, "http://shop/x"),
        ({"SERVER_NAME": "s", "SERVER_PORT": "81", "SCRIPT_NAME": "/app", "PATH_INFO": "/x"}, "http://s:81/app/x"),
        ({"HTTP_HOST": "shop", "PATH_INFO": "/", "wsgi.url_scheme": "https"}, "https://shop/"),
    ],
)
def test_the_url_as_the_client_wrote_it(environ: dict[str, str], url: str) -> None:
    assert wsgi.url(environ) == url


def test_a_chunked_body_is_read_to_its_end() -> None:
    environ = {"wsgi.input": BytesIO(b"abcde"), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    call, body = wsgi.receive((None, environ, print))
    assert body == b"abcde"
    assert call[1]["wsgi.input"].read() == b"abcde"


@pytest.mark.parametrize("length", ["", "no", "-1"])
def test_without_a_length_there_is_no_body(length: str) -> None:
    def unread(*_: Any) -> bytes:
        raise AssertionError

    source = type("Input", (), {"read": staticmethod(unread)})
    assert wsgi.receive((None, {"wsgi.input": source, "CONTENT_LENGTH": length}, print))[1] == b""


def test_what_is_written_without_a_body_is_heard(where: Path) -> None:
    app = flask.Flask("writer")

    def writes(_: Any, start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])(b"written ")
        return [b"returned"]

    app.wsgi_app = writes  # type: ignore[method-assign]
    with watched("record", where), served(app) as port:
        assert exchange(port, message("GET", "/")).endswith(b"written returned")
    assert inbound(kept(where)[0]).response_body == b"written returned"
