"""What is drawn of a replay that is laid over a trace."""

from __future__ import annotations

import pytest

from recordings import basket, order
from timetracer.analysis.overlay import overlaid
from timetracer.analysis.trace import Trace
from timetracer.replaying.outcomes import MissedCall, Outcome, Outcomes
from timetracer.terminal.paper import Paper
from timetracer.terminal.waterfall import timeline

OUTCOMES = Outcomes(
    {
        f"{4:016x}": Outcome(played=1),
        f"{5:016x}": Outcome(relaxed=1, reasons=["timestamp (request.query)"]),
        f"{7:016x}": Outcome(unplayed=1),
    },
    [MissedCall("GET http://stock:8080/items?id=4", "httpx", nearest=f"{4:016x}", why=("nearest  \x1b[2J",))],
)


def drawn(**paper: bool) -> list[str]:
    return [line.plain for line in timeline(Trace(overlaid(order(), OUTCOMES)), Paper(120, **paper))]


@pytest.mark.parametrize(("ascii_only", "signs"), [(False, "✓≈○✗"), (True, "+~ox")])
def test_each_call_has_its_sign(ascii_only: bool, signs: str) -> None:
    lines = "\n".join(drawn(ascii_only=ascii_only))
    played, relaxed, unplayed, missed = signs
    assert f"{played} GET stock:8080/items?id=3" in lines
    assert f"{relaxed} GET prices.example.com" in lines
    assert f"{unplayed} POST pay.example.com" in lines
    assert f"{missed} GET stock:8080/items?id=4" in lines
    assert "replay: 1 missed, 1 unplayed, 1 relaxed, 1 played" in lines


def test_reasons_stand_below() -> None:
    lines = "\n".join(drawn())
    for said in (
        "≈ relaxed in the replay",
        "timestamp (request.query)",
        "○ unplayed in the replay",
        "missed in the replay: nothing recorded answers it",
        r"nearest  \x1b[2J",
    ):
        assert said in lines
    assert "played in the replay" not in lines.replace("unplayed", "")


def test_of_repeated_calls_what_needs_a_look_is_told() -> None:
    spans = {f"{number:016x}": Outcome(played=1) for number in range(3, 10)}
    spans[f"{5:016x}"] = Outcome(unplayed=1)
    lines = [line.plain for line in timeline(Trace(overlaid(basket(), Outcomes(spans))), Paper(120))]
    assert any("○ SELECT stock" in line and "×7" in line for line in lines)
