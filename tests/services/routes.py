"""What the upstream answers: one route for each kind of answer that a client must not tell from its replay."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import brotli
import zstandard

from services.wire import Answer, Request

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
JSON = b'{"title": "Gr\xc3\xbc\xc3\x9fe", "price": 1.20, "tags": ["a", "b"]}'
ODD_JSON = b'{ "id": 12345678901234567890123, "id": 2, "rate": 1.10, "big": 1E400, "text": "\\u00fc\\/" }\n'
JSON_LIST = b"[%b]" % b", ".join([JSON] * 20)
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
USER, PASSWORD, REALM, NONCE = "ada", "lovelace", "upstream", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"

Handler = Callable[["World", Request, Answer], Awaitable[None]]
ROUTES: dict[str, Handler] = {}


@dataclass
class World:
    """What one upstream remembers."""

    counts: Counter[str] = field(default_factory=Counter)
    waiting: list[asyncio.Event] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Targets of the answers that their client did not wait for to the end."""
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """Set for good by ``upstream.release()``."""


def route(path: str) -> Callable[[Handler], Handler]:
    """Registers a handler; a path ending in ``/`` is for all below it."""

    def register(handler: Handler) -> Handler:
        ROUTES[path] = handler
        return handler

    return register


async def answer(world: World, request: Request, out: Answer) -> None:
    """Finds the route: the path itself, or the nearest folder above it."""
    world.calls.append(f"{request.method} {request.target}")
    folder = request.path.rpartition("/")[0] + "/"
    handler = ROUTES.get(request.path) or ROUTES.get(folder)
    if handler is None:
        await out.whole(b"no such route\n", "text/plain", status=404)
    else:
        await handler(world, request, out)


def last(request: Request) -> str:
    return request.path.rpartition("/")[2]


# Whole answers


@route("/text")
async def text(_: World, __: Request, out: Answer) -> None:
    await out.whole("Grüße, Welt\n".encode(), "text/plain; charset=utf-8")


@route("/latin1")
async def latin1(_: World, __: Request, out: Answer) -> None:
    """A header and a body that are Latin-1."""
    await out.whole("Grüße".encode("latin-1"), "text/plain; charset=iso-8859-1", ("X-Name", "Zoë"))


@route("/html")
async def html(_: World, __: Request, out: Answer) -> None:
    await out.whole(b"<!doctype html>\n<title>Upstream</title>\n<p>&eacute; &lt;b&gt;", "text/html")


@route("/json")
async def plain_json(_: World, __: Request, out: Answer) -> None:
    await out.whole(JSON, "application/json")


@route("/json/odd")
async def odd_json(_: World, __: Request, out: Answer) -> None:
    """JSON that does not survive a parser: 23 digits, a key twice, 1.10, a number past any float, escapes, spaces."""
    await out.whole(ODD_JSON, "application/json")


@route("/png")
async def png(_: World, __: Request, out: Answer) -> None:
    await out.whole(PNG, "image/png")


@route("/bytes")
async def every_byte(_: World, __: Request, out: Answer) -> None:
    await out.whole(bytes(range(256)), "application/octet-stream")


@route("/empty")
async def empty(_: World, __: Request, out: Answer) -> None:
    await out.whole(b"")


@route("/status/")
async def status(_: World, request: Request, out: Answer) -> None:
    """``/status/204`` and so on, without a body."""
    await out.whole(b"", status=int(last(request)))


@route("/big")
async def big(_: World, request: Request, out: Answer) -> None:
    """``?bytes=5000000``: a JSON document of exactly that size (at least 8)."""
    size = int(request.query.get("bytes", "5000000")) - len(b'{"x":""}')
    await out.whole(b'{"x":"%b"}' % (b"0123456789abcdef" * (size // 16 + 1))[:size], "application/json")


@route("/coded/")
async def coded(_: World, request: Request, out: Answer) -> None:
    """``/coded/gzip``, ``deflate``, ``br``, ``zstd``."""
    coding = last(request)
    await out.whole(CODINGS[coding](JSON_LIST), "application/json", ("Content-Encoding", coding), ("Vary", "Accept"))


@route("/until-close")
async def until_close(_: World, __: Request, out: Answer) -> None:
    """No length and no chunks: the body ends with the connection."""
    await out.head(200, [("Content-Type", "text/plain"), ("Connection", "close")])
    await out.send(b"the end is the end")
    out.hang_up()


@route("/headers")
async def headers(_: World, __: Request, out: Answer) -> None:
    """Headers that are easily lost: repeated, empty, in another case, in an order."""
    await out.whole(
        b"{}",
        "application/json",
        ("Set-Cookie", "a=1; Path=/"),
        ("ETag", 'W/"33a64df5"'),
        ("Link", '</page/2>; rel="next", </page/9>; rel="last"'),
        ("set-cookie", "b=2; Path=/; HttpOnly"),
        ("Retry-After", "120"),
        ("X-EMPTY", ""),
        ("Set-Cookie", "c=3; Path=/; Expires=Wed, 21 Oct 2065 07:28:00 GMT"),
    )


@route("/etag")
async def etag(_: World, request: Request, out: Answer) -> None:
    tag = ("ETag", '"v1"')
    known = request.header("if-none-match") == tag[1]
    await (out.whole(b"", "", tag, status=304) if known else out.whole(b"version one", "text/plain", tag))


@route("/unavailable")
async def unavailable(_: World, __: Request, out: Answer) -> None:
    await out.whole(b"later\n", "text/plain", ("Retry-After", "1"), status=503)


# Answers that depend on what was asked


@route("/echo")
async def echo(_: World, request: Request, out: Answer) -> None:
    """Method, target, headers and body (as Latin-1 text, and its SHA-256) as JSON."""
    seen = {
        "method": request.method,
        "target": request.target,
        "headers": request.headers,
        "length": len(request.body),
        "sha256": hashlib.sha256(request.body).hexdigest(),
        "body": request.body[:65536].decode("latin-1"),
    }
    await out.whole(json.dumps(seen).encode(), "application/json")


@route("/counter")
async def counter(world: World, request: Request, out: Answer) -> None:
    """Another answer to each call; ``?of=50``: when so many wait they are answered, the last to come first."""
    world.counts[request.target] += 1
    mine = world.counts[request.target]
    if of := int(request.query.get("of", "0")):
        turn = asyncio.Event()
        world.waiting.append(turn)
        if len(world.waiting) == of:
            turn.set()
        await turn.wait()
        world.waiting.remove(turn)
    await out.whole(b'{"n": %d}' % mine, "application/json")
    if of and world.waiting:
        await asyncio.sleep(0.002)  # or all would reach the client in one piece, in any order
        world.waiting[-1].set()


@route("/flaky")
async def flaky(world: World, request: Request, out: Answer) -> None:
    """Never answers the first call; the second and all later ones at once."""
    world.counts["flaky"] += 1
    if world.counts["flaky"] == 1:
        await hang(world, request, out)
    else:
        await out.whole(b"at last", "text/plain")


@route("/redirect")
async def redirect(_: World, request: Request, out: Answer) -> None:
    """``?to=/text&status=302``."""
    to = request.query.get("to", "/text")
    await out.whole(b"", "", ("Location", to), status=int(request.query.get("status", "302")))


@route("/redirect/")
async def redirects(_: World, request: Request, out: Answer) -> None:
    """``/redirect/3``: three hops to ``/text``, each with a cookie."""
    left = int(last(request))
    to = f"/redirect/{left - 1}" if left > 1 else "/text"
    await out.whole(b"", "", ("Location", to), ("Set-Cookie", f"hop{left}=yes; Path=/"), status=302)


@route("/cookies")
async def cookies(_: World, request: Request, out: Answer) -> None:
    """The cookies that came."""
    pairs = [pair.strip().partition("=")[::2] for pair in request.header("cookie").split(";") if pair.strip()]
    await out.whole(json.dumps(dict(pairs)).encode(), "application/json")


@route("/cookies/set")
async def set_cookies(_: World, request: Request, out: Answer) -> None:
    """``?a=1&b=2``: a ``Set-Cookie`` each."""
    made = [("Set-Cookie", f"{name}={value}; Path=/") for name, value in request.query.items()]
    await out.whole(b"{}", "application/json", *made)


@route("/auth/basic")
async def basic(_: World, request: Request, out: Answer) -> None:
    """RFC 7617."""
    expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if request.header("authorization") == f"Basic {expected}":
        await out.whole(b"welcome", "text/plain")
    else:
        await out.whole(b"", "", ("WWW-Authenticate", f'Basic realm="{REALM}"'), status=401)


@route("/auth/digest")
async def digest(_: World, request: Request, out: Answer) -> None:
    """RFC 7616 with MD5 and qop=auth."""

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    said = dict(re.findall(r'(\w+)="?([^",]+)"?', request.header("authorization")))
    owner, asked = md5(USER, REALM, PASSWORD), md5(request.method, said.get("uri", ""))
    expected = md5(owner, NONCE, said.get("nc", ""), said.get("cnonce", ""), "auth", asked)
    if said.get("response") == expected:
        await out.whole(b"welcome", "text/plain")
    else:
        challenge = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'
        await out.whole(b"", "", ("WWW-Authenticate", challenge), status=401)


@route("/login")
async def login(_: World, request: Request, out: Answer) -> None:
    """Form or JSON with ``user`` and ``password``: a token for them, and the secrets said back."""
    is_form = "form" in request.header("content-type")
    said = dict(parse_qsl(request.body.decode())) if is_form else json.loads(request.body or b"{}")
    claims = base64.urlsafe_b64encode(json.dumps({"sub": said.get("user")}).encode()).rstrip(b"=").decode()
    token = f"eyJhbGciOiJIUzI1NiJ9.{claims}.c2lnbmF0dXJlLW9mLXRoZS11cHN0cmVhbQ"
    told = {
        "access_token": token,
        "token_type": "bearer",
        "user": said,
        "authorization": request.header("authorization"),
    }
    await out.whole(json.dumps(told).encode(), "application/json", ("Set-Cookie", f"session={token}; HttpOnly"))


# Answers that take their time


def pace(request: Request) -> tuple[int, float]:
    return int(request.query.get("chunks", "5")), float(request.query.get("pause", "0.1"))


@route("/stream")
async def stream(_: World, request: Request, out: Answer) -> None:
    """``?chunks=5&pause=0.1``: a chunk of text, a pause, the next …"""
    chunks, pause = pace(request)
    await out.chunked("text/plain")
    for number in range(chunks):
        await out.chunk(f"chunk {number}\n".encode())
        await asyncio.sleep(pause)
    await out.chunk(b"")


@route("/stream/gzip")
async def stream_gzip(_: World, request: Request, out: Answer) -> None:
    """As ``/stream``, coded: each chunk of the wire can be decoded as it comes."""
    chunks, pause = pace(request)
    coder = zlib.compressobj(wbits=31)
    await out.chunked("text/plain", ("Content-Encoding", "gzip"))
    for number in range(chunks):
        await out.chunk(coder.compress(f"chunk {number}\n".encode()) + coder.flush(zlib.Z_SYNC_FLUSH))
        await asyncio.sleep(pause)
    await out.chunk(coder.flush())
    await out.chunk(b"")


@route("/sse")
async def sse(_: World, request: Request, out: Answer) -> None:
    """``?chunks=5&pause=0.1``: server-sent events."""
    chunks, pause = pace(request)
    await out.chunked("text/event-stream", ("Cache-Control", "no-cache"))
    for number in range(chunks):
        await out.chunk(f"id: {number}\nevent: tick\ndata: {json.dumps({'n': number})}\n\n".encode())
        await asyncio.sleep(pause)
    await out.chunk(b"")


@route("/held")
async def held(world: World, request: Request, out: Answer) -> None:
    """One server-sent event; the second when the test says so (``upstream.release()``), or never if the client goes."""
    await out.chunked("text/event-stream")
    await out.chunk(b"data: 0\n\n")
    left = asyncio.ensure_future(out.gone())
    released = asyncio.ensure_future(world.held.wait())
    await asyncio.wait({left, released}, return_when=asyncio.FIRST_COMPLETED)
    if left.done():
        world.gone.append(request.target)
        released.cancel()
        return
    left.cancel()
    out.keeps_alive = False
    await out.chunk(b"data: 1\n\n")
    await out.chunk(b"")


# Answers that fail


@route("/dies/silently")
async def dies_silently(_: World, __: Request, out: Answer) -> None:
    out.hang_up()


@route("/dies/length")
async def dies_within_length(_: World, __: Request, out: Answer) -> None:
    """1,000 bytes promised, 100 sent."""
    await out.head(200, [("Content-Type", "text/plain"), ("Content-Length", "1000")])
    await out.send(b"x" * 100)
    out.hang_up()


@route("/dies/chunked")
async def dies_within_chunks(_: World, request: Request, out: Answer) -> None:
    """Two chunks, then the connection is torn down. ``?pause=0.1`` after each, so that both arrive."""
    pause = float(request.query.get("pause", "0.05"))
    await out.chunked("text/plain")
    for number in range(2):
        await out.chunk(f"chunk {number}\n".encode())
        await asyncio.sleep(pause)
    out.reset()


@route("/dies/reset")
async def dies_by_reset(_: World, __: Request, out: Answer) -> None:
    out.reset()


@route("/garbage")
async def garbage(_: World, __: Request, out: Answer) -> None:
    """Not HTTP."""
    await out.send(b"220 smtp.example ESMTP\r\n")
    out.hang_up()


@route("/hangs")
async def hang(_: World, __: Request, out: Answer) -> None:
    """Never answers; ends when the client goes."""
    await out.gone()


@route("/hangs/body")
async def hang_within_body(world: World, request: Request, out: Answer) -> None:
    """One chunk, and no more."""
    await out.chunked("text/plain")
    await out.chunk(b"chunk 0\n")
    await hang(world, request, out)
