"""Names that every file system takes, and that no two tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.pytest_plugin.naming import LONGEST, fixture_name, named, quoted, safe, shown

RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}


@pytest.mark.parametrize(
    "name",
    ["test_get", "test_get[a]", "test_get[1-2.5]", "TestShop.test_get[x=1,y=2]", "test_get[a b]".replace(" ", "+")],
)
def test_a_name_that_is_safe_stays_as_it_is(name: str) -> None:
    assert safe(name) == name


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("test_get[a/b]", "test_get[a-b]-"),
        ("test_get[a\\b]", "test_get[a-b]-"),
        ("test_get[http://x?y*]", "test_get[http-x-y-]-"),
        ("test_get[é]", "test_get[-]-"),
        ("test_get[A]", "test_get[A]-"),
        ("test_get[../../etc]", "test_get[..-..-etc]-"),
        ("test_get[\ud800]", "test_get[-]-"),
        ("con", "con-"),
        ("aux.x", "aux.x-"),
        ("...", "-"),
        ("test_" + "x" * 300, "test_xxx"),
    ],
)
def test_what_had_to_change_is_told_apart_by_a_hash(name: str, begins: str) -> None:
    assert safe(name).startswith(begins)
    assert safe(name) != safe(name + "x")


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_ids_are_safe_and_unique(first: str, second: str) -> None:
    names = [safe(f"test_x[{identifier}]") for identifier in (first, second)]
    for name in names:
        assert len(name) <= LONGEST
        assert name.isascii()
        assert not set(name) & set('<>:"/\\|?* \0')
        assert not name.endswith((".", " "))
    assert (names[0].lower() == names[1].lower()) == (first == second), "also where upper and lower case are one"


@given(st.text(max_size=20))
def test_any_name_is_that_of_a_file(name: str) -> None:
    made = safe(name)
    assert made
    assert made not in (".", "..")
    assert made.lower().partition(".")[0] not in RESERVED


@pytest.mark.parametrize(
    ("name", "path"),
    [("login", "login.json"), ("login.json", "login.json"), ("admin/login", "admin/login.json"), ("v1.2", "v1.2.json")],
)
def test_a_mark_names_a_file_below_that_of_its_module(name: str, path: str) -> None:
    assert named(name) == Path(path)


@pytest.mark.parametrize("name", ["", "..", "../login", "a/../../b", "/etc/login", "a//b", "./a", ".json"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name for a cassette"):
        named(name)


@pytest.mark.parametrize(
    ("argname", "name"),
    [
        ("client", "client"),
        ("_xunit_setup_module_fixture_test_shop", "setup_module"),
        ("_unittest_setUpClass_fixture_TestShop", "setUpClass"),
    ],
)
def test_what_pytest_makes_of_a_setup_function_has_the_name_of_the_function(argname: str, name: str) -> None:
    assert fixture_name(argname) == name


@pytest.mark.parametrize(
    ("word", "in_a_command"),
    [
        ("tests/test_x.py::test_y", "tests/test_x.py::test_y"),
        ("test_x.py::test_y[a]", '"test_x.py::test_y[a]"'),
        ("test_x.py::test_y[a b]", '"test_x.py::test_y[a b]"'),
        ('test_x.py::test_y["$HOME"]', "'test_x.py::test_y[\"$HOME\"]'"),
    ],
)
def test_a_command_can_be_copied_into_a_shell(word: str, in_a_command: str) -> None:
    assert quoted(word) == in_a_command


def test_a_path_is_shown_as_seen_from_where_one_stands(tmp_path: Path) -> None:
    assert shown(tmp_path / "a" / "b", tmp_path / "a") == "b"
    assert shown(tmp_path / "b", tmp_path / "a") == os.path.join("..", "b")  # noqa: PTH118 - the text, not the path
