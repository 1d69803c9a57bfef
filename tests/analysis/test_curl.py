"""Requests as curl commands, understood by a real shell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from timetracer.analysis.curl import curl
from timetracer.cassette.model import Exchange, Plain

HOSTILE = 'it\'s "quoted" $(touch hacked) `touch hacked` \\ \n end é'


def exchange(body: bytes | None = b"", **request: Plain) -> Exchange:
    return Exchange("httpx", "k", {"method": "GET", "url": "http://shop/a?b=c", **request}, body)


def understood(command: str, tmp_path: Path) -> tuple[list[str], bytes]:
    """The arguments and the standard input that a program called curl is given by a shell."""
    (tmp_path / "curl").write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        "body = sys.stdin.buffer.read().hex() if '@-' in sys.argv else ''\nprint(json.dumps([sys.argv[1:], body]))\n"
    )
    (tmp_path / "curl").chmod(0o755)
    ran = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )
    assert not (tmp_path / "hacked").exists()
    arguments, body = json.loads(ran.stdout)
    return arguments, bytes.fromhex(body)


def test_a_get_is_the_plain_command() -> None:
    assert curl(exchange()) == "curl \\\n  'http://shop/a?b=c'"


def test_headers_that_curl_writes_itself_are_left_out(tmp_path: Path) -> None:
    command = curl(exchange(headers=[["Accept", "*/*"], ["Content-Length", "3"], ["X-Odd", HOSTILE.replace("\n", "")]]))
    assert command
    arguments, _ = understood(command, tmp_path)
    assert arguments == [
        "--header",
        "Accept: */*",
        "--header",
        f"X-Odd: {HOSTILE.replace(chr(10), '')}",
        "http://shop/a?b=c",
    ]


def test_a_body_of_text(tmp_path: Path) -> None:
    command = curl(exchange(HOSTILE.encode(), method="POST"))
    assert command
    assert understood(command, tmp_path) == (["--data-raw", HOSTILE, "http://shop/a?b=c"], b"")


@pytest.mark.parametrize("body", [b"\x00\xff", b"a\r\nb", b"@file", b"\xff"])
def test_a_body_that_no_shell_can_hold(body: bytes, tmp_path: Path) -> None:
    command = curl(exchange(body, method="PUT"))
    assert command
    arguments, sent = understood(command, tmp_path)
    assert (arguments, sent) == (["--request", "PUT", "--data-binary", "@-", "http://shop/a?b=c"], body)


def test_head_and_what_is_no_http() -> None:
    head = curl(exchange(method="HEAD"))
    assert head
    assert "--head" in head
    assert curl(Exchange("asyncpg", "SELECT 1", {"sql": "SELECT 1"})) is None
