"""Verifying: the same calls made for real, compared answer by answer."""

from __future__ import annotations

from uuid import UUID

import pytest

from timetracer.cassette.model import Cassette, Exchange, Kind, Plain, Span
from timetracer.replaying.drift import VOLATILE, drift
from timetracer.replaying.noise import Noise
from timetracer.replaying.session import Manner
from timetracer.replaying.verdict import Verdict
from toy import exchanged, load


def cassette(*exchanges: Exchange) -> Cassette:
    """One span for each, issued in this order."""
    for turn, exchange in enumerate(exchanges, 1):
        exchange.started = turn
    return Cassette(
        [Span("send", "1" * 32, f"{n:016x}", kind=Kind.CLIENT, exchange=one) for n, one in enumerate(exchanges, 1)]
    )


def between(there: list[Exchange], here: list[Exchange], **manner: object) -> Verdict:
    return drift([cassette(*there)], cassette(*here), load, Manner(**manner))  # type: ignore[arg-type]


def answered(body: bytes = b"", *headers: tuple[str, str], **response: Plain) -> Exchange:
    head: dict[str, Plain] = {"status": 200, "headers": [list(pair) for pair in headers], **response}
    return exchanged("GET", "a", body, response=head)


def failed(kind: str = "toy.ToyError", *args: str) -> Exchange:
    return exchanged("GET", "a", response=None, error={"type": kind, "args": list(args)})


def test_the_same_world_has_not_drifted() -> None:
    verdict = between([answered(b'{"n": 1}', ("x", "1"))], [answered(b'{"n": 1}', ("x", "1"))])
    assert verdict.ok(strict=True)
    assert (verdict.played, verdict.drifted) == (1, [])


@pytest.mark.parametrize(
    ("there", "here", "lines"),
    [
        (answered(b'{"n": 1}'), answered(b'{"n": 2}'), ["response.body.n: recorded 1, now 2"]),
        (answered(b'{"n": 1, "m": 0}'), answered(b'{"m": 0}'), ["response.body.n: recorded 1, now nothing"]),
        (answered(b'{"m": 0}'), answered(b'{"n": 1, "m": 0}'), ["response.body.n: recorded nothing, now 1"]),
        (answered(b'{"n": [1, 2]}'), answered(b'{"n": [1, 3]}'), ["response.body.n[1]: recorded 2, now 3"]),
        (answered(status=200), answered(status=404), ['response.status: recorded "200", now "404"']),
        (answered(b"", ("x", "1")), answered(b"", ("x", "2")), ['response.headers.x: recorded "1", now "2"']),
        (answered(b"one"), answered(b"two"), ['response.body: recorded "one", now "two"']),
    ],
)
def test_each_difference_is_a_line(there: Exchange, here: Exchange, lines: list[str]) -> None:
    verdict = between([there], [here])
    assert verdict.drifted == [f"GET a: {line}" for line in lines]
    assert not verdict.ok()


@pytest.mark.parametrize("name", sorted(VOLATILE))
def test_what_differs_from_answer_to_answer_is_no_drift(name: str) -> None:
    assert between([answered(b"", (name.title(), "1"))], [answered(b"", (name, "2"))]).drifted == []


def test_the_order_and_the_case_of_headers_and_the_content_coding_are_no_drift() -> None:
    there = answered(b"x", ("A", "1"), ("b", "2"), coding="gzip")
    here = answered(b"x", ("B", "2"), ("a", "1"), abandoned=True)
    assert between([there], [here]).drifted == []


@pytest.mark.parametrize(
    ("there", "here", "says"),
    [
        (answered(b"x"), failed("toy.ToyError", "gone"), "'toy.ToyError' of ['gone']"),
        (failed("toy.ToyError", "slow"), failed("toy.ToyError", "gone"), "['slow']"),
        (failed("toy.ToyError"), failed("builtins.TimeoutError"), "TimeoutError"),
        (failed(), answered(b"x"), "response.status: recorded nothing"),
    ],
)
def test_another_outcome_is_drift(there: Exchange, here: Exchange, says: str) -> None:
    assert says in "\n".join(between([there], [here]).drifted)


def test_the_same_failure_is_no_drift() -> None:
    assert between([failed("toy.ToyError", "slow")], [failed("toy.ToyError", "slow")]).drifted == []


def test_calls_that_nobody_recorded_or_nobody_made() -> None:
    verdict = between([exchanged("GET", "a"), exchanged("GET", "b")], [exchanged("GET", "a"), exchanged("GET", "c")])
    assert (verdict.missed, verdict.unplayed, verdict.drifted) == (["GET c"], ["GET b"], [])


def test_equal_calls_are_compared_in_the_order_in_which_they_were_issued() -> None:
    there = [exchanged("GET", "a", b"1"), exchanged("GET", "a", b"2")]
    here = cassette(exchanged("GET", "a", b"1"), exchanged("GET", "a", b"2"))
    here.spans.reverse()
    assert drift([cassette(*there)], here, load, Manner()).drifted == []


def test_recordings_in_several_cassettes_are_one() -> None:
    there = [cassette(exchanged("GET", "a", b"1")), cassette(exchanged("GET", "b", b"2"))]
    live = cassette(exchanged("GET", "a", b"1"), exchanged("GET", "b", b"3"))
    verdict = drift(there, live, load, Manner())
    assert [line.partition(":")[0] for line in verdict.drifted] == ["GET b"]


def test_a_library_without_an_instrumentor_here_is_left_out() -> None:
    other = exchanged("GET", "a")
    other.library = "unknown"
    assert between([], [other]) == Verdict()


def test_what_may_differ_in_a_request_may_differ_here() -> None:
    there, here = (exchanged("GET", "a", b"1", body=body) for body in (b'{"at": 1}', b'{"at": 2}'))
    assert between([there], [here]).missed == ["GET a"]
    assert between([there], [here], noise=Noise(("request.body.at",))).missed == []


def test_an_identifier_that_the_app_made_up_is_no_drift_where_the_answer_repeats_it() -> None:
    def ordered(number: int, paid: bytes = b"false") -> Exchange:
        name = str(UUID(int=number, version=4)).encode()
        body = b'{"id": "%b"}' % name
        return exchanged("PUT", "orders", b'{"id": "%b", "paid": %b}' % (name, paid), body=body)

    assert between([ordered(1 << 90)], [ordered(2 << 90)]).drifted == []
    (line,) = between([ordered(1 << 90)], [ordered(2 << 90, b"true")]).drifted
    assert line.startswith("PUT orders: response.body.paid: ")
