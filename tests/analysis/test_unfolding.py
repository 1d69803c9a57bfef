"""A tree that is made as it is unfolded."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from timetracer.analysis.unfolding import DEEPEST, Unfolding

TREE = {"a": "bc", "c": "de", "f": "g"}
made: list[str] = []


def below(item: str) -> Callable[[], Iterable[str]] | None:
    def make() -> Iterable[str]:
        made.append(item)
        return TREE[item]

    return make if item in TREE else None


def told(tree: Unfolding[str]) -> str:
    return " ".join(f"{shown.item}{shown.depth}{'+' if shown.open else ''}" for shown in tree.shown)


def test_what_is_under_an_item_is_made_when_it_is_unfolded() -> None:
    made.clear()
    tree = Unfolding("af", below, lambda item: item == "a")
    assert (told(tree), made) == ("a0+ b1 c1 f0", ["a"])
    tree.toggle(2)
    assert (told(tree), made) == ("a0+ b1 c1+ d2 e2 f0", ["a", "c"])
    tree.toggle(0)
    assert told(tree) == "a0 f0"
    tree.toggle(1)
    assert told(tree) == "a0 f0+ g1"
    tree.toggle(2)  # nothing is under it
    assert told(tree) == "a0 f0+ g1"


def test_parents_and_what_can_be_folded() -> None:
    tree = Unfolding("af", below, lambda _: True)
    assert told(tree) == "a0+ b1 c1+ d2 e2 f0+ g1"
    assert [tree.parent(place) for place in range(7)] == [0, 0, 0, 2, 2, 5, 5]
    assert [tree.folds(place) for place in range(7)] == [True, False, True, False, False, True, False]


def test_a_bottomless_tree_is_open_for_some_levels_only() -> None:
    tree: Unfolding[int] = Unfolding([0], lambda item: lambda: [item + 1], lambda _: True)
    assert len(tree.shown) == DEEPEST + 1
