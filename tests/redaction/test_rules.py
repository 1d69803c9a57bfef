"""What the user may ask for, and how it is said when he may not."""

from __future__ import annotations

import pytest

from timetracer.errors import SettingError
from timetracer.redaction.names import DEFAULT_NAMES
from timetracer.redaction.rules import DEFAULT, Rules, is_path, path_pattern


@pytest.mark.parametrize(
    ("rule", "path", "named"),
    [
        ("response.body.user.ssn", "response.body.user.ssn", True),
        ("response.body.user.ssn", "response.body.user.ssn.0.x", True),
        ("response.body.user.ssn", "response.body.user.ssns", False),
        ("response.body.user.ssn", "response.body.user", False),
        ("response.body.user.ssn", "request.body.user.ssn", False),
        ("Request.Headers.X-Tenant", "request.headers.x-tenant", True),
        ("request.headers.x.tenant", "request.headers.x-tenant", False),
        ("response.body.items.*.card", "response.body.items.12.card", True),
        ("response.body.items.*.card", "response.body.items.12.x.card", False),
        ("response.body.items[*].card", "response.body.items.3.card", True),
        ("response.body.items[3].card", "response.body.items.3.card", True),
        ("response.body.items[3].card", "response.body.items.30.card", False),
        ("response.body.**.card", "response.body.a.b.card", True),
        ("*.body.card", "response.body.card", True),
        ("span.attributes.url.full", "span.attributes.url.full", True),
        ("span.attributes.url.full", "span.attributes.urlxfull", False),
        ("request.query.a$b(c", "request.query.a$b(c", True),
    ],
)
def test_a_path_names_a_place_and_everything_under_it(rule: str, path: str, named: bool) -> None:
    pattern = path_pattern(Rules(paths=(rule,)).paths)

    assert pattern is not None
    assert (pattern.match(path) is not None) is named


def test_no_paths_name_nothing() -> None:
    assert path_pattern(()) is None


@pytest.mark.parametrize(
    "path",
    ["", "body.user", "response", "responses.body", "response.", "response..x", "response.body.", "response.body[x]",
     "response.body[0", "response.body]", "response.body.a b", " response.body"],
)  # fmt: skip
def test_a_path_that_names_nothing_is_refused(path: str) -> None:
    with pytest.raises(SettingError, match="paths") as refused:
        Rules(paths=("response.body.ok", path))

    assert repr(path) in str(refused.value)


@pytest.mark.parametrize(("kind", "pattern"), [("x", "("), ("X-1", "a"), ("", "a"), ("email", "a")])
def test_a_pattern_that_cannot_be_used_is_refused(kind: str, pattern: str) -> None:
    with pytest.raises(SettingError, match="patterns"):
        Rules(patterns=((kind, pattern),))


def test_more_rules_are_added_to_those_that_are_there() -> None:
    def function(path: str, value: object) -> None: ...

    rules = DEFAULT.also(names=["a"], paths=["request.body.b"]).also(
        names=["c"], paths=["request.body.d"], patterns=[("e", "f")], keep=["card"], function=function
    )

    assert rules == Rules(
        names=DEFAULT_NAMES | {"a", "c"},
        paths=("request.body.b", "request.body.d"),
        patterns=(("e", "f"),),
        keep=frozenset({"card"}),
        function=function,
    )
    assert rules.also().function is function


def test_rules_that_are_added_are_checked() -> None:
    with pytest.raises(SettingError):
        DEFAULT.also(paths=["nowhere"])


@pytest.mark.parametrize(
    ("text", "path"),
    [("response.body.x", True), ("*.body", True), ("error[0]", True), ("email", False), ("x.y", False)],
)
def test_what_is_kept_may_be_a_path(text: str, path: bool) -> None:
    assert is_path(text) is path
