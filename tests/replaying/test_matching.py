"""Taking exchanges: exactly, one by one, never somebody else's."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaying.recording import A, B, Recording, X, Y, answer, answers, ask, reasons
from timetracer.cassette.model import Exchange
from timetracer.errors import UnmatchedCall
from timetracer.replaying.calls import Asked, Candidate
from timetracer.replaying.matching import Index


def test_the_same_call_gets_its_answer_and_nothing_is_relaxed() -> None:
    index = Recording(("GET /items?id=3", "three"), ("GET /items?id=4", "four")).index()
    taken = index.take(ask("GET /items?id=4"))
    assert (taken.exchange.response_body, taken.reasons) == (b"four", ())


def test_equal_calls_are_answered_in_the_order_of_issue_whatever_order_they_come_in() -> None:
    recording = Recording(*[("GET /next", number) for number in range(5)])
    recording.candidates.reverse()
    assert answers(recording.index(), [ask("GET /next")] * 5) == ["0", "1", "2", "3", "4"]


CHANGES = {
    "method": ask("PUT /orders?page=1", {"sum": 7}, accept="*/*"),
    "host": ask("POST http://other/orders?page=1", {"sum": 7}, accept="*/*"),
    "path": ask("POST /orders/2?page=1", {"sum": 7}, accept="*/*"),
    "query": ask("POST /orders?page=2", {"sum": 7}, accept="*/*"),
    "order of the query": ask("POST /orders?page=1&", {"sum": 7}, accept="*/*"),
    "header": ask("POST /orders?page=1", {"sum": 7}, accept="text/html"),
    "body": ask("POST /orders?page=1", {"sum": 8}, accept="*/*"),
    "type in the body": ask("POST /orders?page=1", {"sum": "7"}, accept="*/*"),
    "number as written": ask("POST /orders?page=1", '{"sum": 7.0}', accept="*/*", content_type="application/json"),
    "more in the body": ask("POST /orders?page=1", {"sum": 7, "tax": 1}, accept="*/*"),
}


@pytest.mark.parametrize("asked", CHANGES.values(), ids=CHANGES)
def test_a_changed_call_is_a_miss(asked: Asked) -> None:
    index = Recording().add("POST /orders?page=1", {"sum": 7}, accept="*/*").index()
    with pytest.raises(UnmatchedCall):
        index.take(asked)


def test_one_call_more_than_recorded_is_a_miss() -> None:
    index = Recording(("GET /a", 1), ("GET /b", 2)).index()
    index.take(ask("GET /a"))
    with pytest.raises(UnmatchedCall):
        index.take(ask("GET /a"))


def test_another_library_does_not_answer() -> None:
    index = Recording(("GET /a", 1)).index()
    asked = ask("GET /a")
    with pytest.raises(UnmatchedCall, match="nothing of requests"):
        index.take(Asked("requests", asked.key, asked.parts, asked.write))


class TestVerbatim:
    """The short way, for calls that are recorded word for word."""

    def test_it_takes_what_the_long_way_takes(self) -> None:
        recording = Recording(*[("GET /next", number) for number in range(2)], ("GET /other", "other"))
        index, asked = recording.index(), ask("GET /next")
        taken = index.take_verbatim("httpx", asked.parts, "")
        assert taken is not None
        assert (taken.exchange.response_body, taken.reasons) == (b"0", ())
        assert answer(index, asked) == "1"
        assert index.verdict().played == 2

    @pytest.mark.parametrize(("library", "line"), [("httpx", "GET /b"), ("requests", "GET /a")])
    def test_what_it_does_not_know_it_leaves_to_the_long_way(self, library: str, line: str) -> None:
        index = Recording(("GET /a", 1)).index()
        assert index.take_verbatim(library, ask(line).parts, "") is None
        assert (index.verdict().missed, index.verdict().played) == ([], 0)

    def test_what_is_taken_is_not_taken_again(self) -> None:
        index, asked = Recording(("GET /a", 1)).index(), ask("GET /a")
        index.take(asked)
        assert index.take_verbatim("httpx", asked.parts, "") is None

    def test_the_place_in_the_call_tree_decides_among_equals(self) -> None:
        index = Recording().add("GET /a", answer="cart", path="cart").add("GET /a", answer="pay", path="pay").index()
        taken = index.take_verbatim("httpx", ask("GET /a").parts, "pay")
        assert taken is not None
        assert taken.exchange.response_body == b"pay"

    def test_a_recorded_identifier_that_stands_for_a_live_one_is_not_taken_at_its_word(self) -> None:
        recording = Recording().add("POST /orders", {"id": A}).add(f"GET /orders/{A}", answer="mine")
        index, asked = recording.index(), ask(f"GET /orders/{A}")
        index.take(ask("POST /orders", {"id": X}))
        assert index.take_verbatim("httpx", asked.parts, "") is None
        with pytest.raises(UnmatchedCall):
            index.take(asked)

    def test_the_numbers_of_pseudonyms_may_differ_one_to_one(self) -> None:
        recording = Recording()
        for number in (1, 2, 1):
            recording.add("GET /me", answer=number, authorization=f"Bearer redacted-authorization-{number}")
        index = recording.index()
        live = [ask("GET /me", authorization=f"Bearer redacted-authorization-{number}").parts for number in (7, 8, 7)]
        taken = [index.take_verbatim("httpx", parts, "") for parts in live]
        assert [each and each.exchange.response_body for each in taken] == [b"1", b"2", b"1"]

    def test_a_body_that_nobody_read_is_left_to_the_long_way(self) -> None:
        recording = Recording().add("POST /orders", b"")
        recording.candidates[0].exchange.request["unread"] = True
        assert recording.index().take_verbatim("httpx", ask("POST /orders").parts, "") is None


class TestPlaceInTheCallTree:
    def index(self) -> Index:
        recording = Recording()
        for number, path in enumerate(("cart", "cart", "pay", "pay", "")):
            recording.add("GET /rate", answer=f"{path}{number}", path=path)
        return recording.index()

    def test_equal_calls_prefer_their_own_place(self) -> None:
        paths = ["pay", "cart", "pay", "cart", "elsewhere"]
        assert answers(self.index(), [ask("GET /rate", path=path) for path in paths]) == [
            "pay2", "cart0", "pay3", "cart1", "4",
        ]  # fmt: skip

    def test_a_place_that_is_used_up_or_unknown_takes_the_next_of_all(self) -> None:
        paths = ["", "pay", "pay", "pay", ""]
        assert answers(self.index(), [ask("GET /rate", path=path) for path in paths]) == [
            "cart0", "pay2", "pay3", "cart1", "4",
        ]  # fmt: skip


def test_the_last_of_equal_facts_is_served_any_number_of_times_and_keeps_nobody_waiting() -> None:
    recording = Recording().add("GET /version", answer="fact", fact=True).add("GET /version", answer="once")
    index = recording.index()
    assert answers(index, [ask("GET /version")] * 4) == ["fact", "once", "fact", "fact"]
    assert index.verdict().unplayed == []


class TestChosenParts:
    def test_parts_that_are_not_chosen_may_differ(self) -> None:
        index = Recording().add("POST /orders", {"sum": 7}).index(match=("method", "host", "path"))
        assert reasons(index, ask("POST /orders", {"sum": 8}, accept="x")) == ()

    def test_chosen_parts_may_not(self) -> None:
        index = Recording().add("POST /orders", {"sum": 7}).index(match=("method", "path"))
        with pytest.raises(UnmatchedCall):
            index.take(ask("POST /order", {"sum": 7}))

    def test_a_library_that_has_none_of_them_is_compared_by_all(self) -> None:
        exchange = Exchange("asyncpg", "SELECT 1", {})
        index = Index([Candidate(exchange, {"sql": "SELECT 1"})], match=("method", "path"))
        with pytest.raises(UnmatchedCall):
            index.take(Asked("asyncpg", "SELECT 2", {"sql": "SELECT 2"}, write=False))


SQL = [
    "SELECT * FROM users WHERE id = 7",
    "SELECT * FROM users WHERE id = 8",
    "select * from users where id = 7",
    "SELECT *  FROM users WHERE id = 7",
    "SELECT * FROM users WHERE id = 7 ",
    "SELECT name FROM users WHERE id = 7",
    f"SELECT * FROM users WHERE id = '{A}'",
    f"SELECT * FROM users WHERE id = '{X}'",
    "INSERT INTO users (id) VALUES (7)",
    "INSERT INTO users (id) VALUES (8)",
]


@pytest.mark.parametrize("live", SQL)
@pytest.mark.parametrize("recorded", SQL)
def test_sql_is_never_matched_by_its_shape(recorded: str, live: str) -> None:
    write = recorded.startswith("INSERT")
    index = Index([Candidate(Exchange("asyncpg", recorded, {}), {"sql": recorded, "parameters": "[]"}, write=write)])
    asked = Asked("asyncpg", live, {"sql": live, "parameters": "[]"}, live.startswith("INSERT"))
    if live == recorded:
        assert index.take(asked).reasons == ()
    else:
        with pytest.raises(UnmatchedCall):
            index.take(asked)


class TestPseudonyms:
    """The number of a pseudonym is that of its first appearance, which may come in another order."""

    @staticmethod
    def by(user: int, line: str = "GET /me", body: object = b"") -> Asked:
        return ask(line, body, authorization=f"Bearer redacted-bearer-{user}")

    @staticmethod
    def by_plain(user: int) -> Asked:
        return ask("GET /me", authorization=f"redacted-bearer-{user}")

    @staticmethod
    def index(*calls: tuple[int, str, str]) -> Index:
        recording = Recording()
        for user, line, reply in calls:
            recording.add(line, answer=reply, authorization=f"Bearer redacted-bearer-{user}")
        return recording.index()

    def test_equal_numbers_are_exact(self) -> None:
        index = self.index((1, "GET /me", "ann"), (2, "GET /me", "bob"))
        assert answers(index, [self.by(2), self.by(1)]) == ["bob", "ann"]
        assert index.verdict().relaxed == []

    def test_another_numbering_is_exact_too(self) -> None:
        index = self.index((1, "GET /a", "ann"), (2, "GET /b", "bob"), (1, "GET /me", "Ann"), (2, "GET /me", "Bob"))
        asked = [self.by(1, "GET /b"), self.by(2, "GET /a"), self.by(1), self.by(2)]
        assert answers(index, asked) == ["bob", "ann", "Bob", "Ann"]
        assert index.verdict().relaxed == []

    def test_two_users_are_not_mixed_up_once_they_are_known(self) -> None:
        index = self.index((1, "GET /a", "ann"), (1, "GET /me", "Ann"), (2, "GET /me", "Bob"))
        assert answer(index, self.by(2, "GET /a")) == "ann"
        assert answer(index, self.by(2)) == "Ann"
        with pytest.raises(UnmatchedCall):
            index.take(self.by(2))

    def test_a_user_who_is_known_is_nobody_else(self) -> None:
        index = self.index((1, "GET /a", "ann"), (1, "GET /me", "Ann"))
        index.take(self.by(1, "GET /a"))
        with pytest.raises(UnmatchedCall):
            index.take(self.by(2))

    def test_nor_where_something_else_is_relaxed(self) -> None:
        recording = Recording().add("GET /a", authorization="redacted-bearer-1")
        recording.add("POST /pay", {"id": A, "sum": 5}, authorization="redacted-bearer-1")
        index = recording.index()
        index.take(ask("GET /a", authorization="redacted-bearer-2"))
        with pytest.raises(UnmatchedCall):
            index.take(ask("POST /pay", {"id": X, "sum": 5}, authorization="redacted-bearer-1"))
        index.take(ask("POST /pay", {"id": X, "sum": 5}, authorization="redacted-bearer-2"))

    def test_a_relaxed_call_makes_a_user_known_too(self) -> None:
        recording = Recording().add("POST /pay", {"id": A}, authorization="redacted-bearer-1")
        index = recording.add("GET /me", authorization="redacted-bearer-1").index()
        index.take(ask("POST /pay", {"id": X}, authorization="redacted-bearer-2"))
        with pytest.raises(UnmatchedCall):
            index.take(self.by_plain(1))
        index.take(self.by_plain(2))

    def test_kinds_do_not_answer_for_each_other(self) -> None:
        index = self.index((1, "GET /me", "ann"))
        with pytest.raises(UnmatchedCall):
            index.take(ask("GET /me", authorization="Bearer redacted-jwt-1"))

    def test_bodies_and_card_numbers(self) -> None:
        recording = Recording().add("POST /pay", {"card": "9999990000000001"}, answer="one")
        recording.add("POST /pay", {"card": "9999990000000002"}, answer="two")
        index = recording.index()
        cards = [{"card": "9999990000000007"}, {"card": "9999990000000002"}]
        assert answers(index, [ask("POST /pay", card) for card in cards]) == ["one", "two"]

    def test_in_one_call_two_secrets_stay_two(self) -> None:
        index = Recording().add("POST /move", {"from": "redacted-token-1", "to": "redacted-token-2"}).index()
        with pytest.raises(UnmatchedCall):
            index.take(ask("POST /move", {"from": "redacted-token-5", "to": "redacted-token-5"}))
        index.take(ask("POST /move", {"from": "redacted-token-5", "to": "redacted-token-1"}))

    def test_among_the_unknown_the_same_place_comes_first(self) -> None:
        recording = Recording().add("GET /me", answer="ann", path="a", authorization="redacted-bearer-1")
        recording.add("GET /me", answer="bob", path="b", authorization="redacted-bearer-2")
        assert answer(recording.index(), ask("GET /me", path="b", authorization="redacted-bearer-9")) == "bob"

    @given(st.permutations(range(8)), st.data())
    def test_whatever_the_numbering_each_user_gets_his_own(self, numbers: list[int], data: st.DataObject) -> None:
        calls = [(user, f"GET /{user}", f"first {user}") for user in range(8)]
        calls += [(user, "GET /me", f"me {user}") for user in range(8)]
        index = self.index(*calls)
        for user in data.draw(st.permutations(range(8))):
            assert answer(index, self.by(numbers[user], f"GET /{user}")) == f"first {user}"
        for user in data.draw(st.permutations(range(8))):
            assert answer(index, self.by(numbers[user])) == f"me {user}"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "x", "y"])), min_size=1), st.data())
def test_every_recorded_answer_is_given_exactly_once(calls: list[tuple[str, str]], data: st.DataObject) -> None:
    recording = Recording()
    for number, (name, path) in enumerate(calls):
        recording.add(f"GET /{name}", answer=f"{name}{number}", path=path)
    index = recording.index()
    for name, path in data.draw(st.permutations(calls)):
        assert answer(index, ask(f"GET /{name}", path=path))[0] == name
    verdict = index.verdict()
    assert (verdict.played, verdict.unplayed, verdict.missed) == (len(calls), [], [])
    for name, path in calls:
        with pytest.raises(UnmatchedCall):
            index.take(ask(f"GET /{name}", path=path))


def test_every_answer_is_given_exactly_once_to_threads() -> None:
    index = Recording(*[("GET /next", number) for number in range(400)]).index()
    with ThreadPoolExecutor(8) as threads:
        given_out = Counter(threads.map(lambda _: answer(index, ask("GET /next")), range(400)))
    assert given_out == Counter(str(number) for number in range(400))


def test_the_verdict_is_kept_even_if_the_app_swallows_the_miss() -> None:
    recording = Recording(("GET /a", 1), ("GET /left", 2)).add("POST /orders", {"id": A}).add("GET /fact", fact=True)
    index = recording.index()
    for asked in (ask("GET /a"), ask("GET /a"), ask("GET /b"), ask("POST /orders", {"id": X})):
        with suppress(UnmatchedCall):
            index.take(asked)
    verdict = index.verdict()
    assert not verdict.ok()
    assert (verdict.played, verdict.missed, verdict.extra) == (2, ["GET /a", "GET /b"], 1)
    assert verdict.relaxed == [("POST /orders", ("generated identifier (request.body.id)",))]
    assert verdict.unplayed == ["GET /left"]


class TestBodyThatNobodyRead:
    """Of a request whose body was not read to its end (its connection failed first) only the rest is known."""

    def index(self, *bodies: object) -> Index:
        """``None``: a body that nobody read."""
        recording = Recording()
        for number, body in enumerate(bodies):
            recording.add("POST /up", body or {}, answer=number)
            if body is None:
                candidate = recording.candidates[-1]
                candidate.exchange.request["unread"] = True
                candidate.parts = {name: part for name, part in candidate.parts.items() if name != "body"}
        return recording.index()

    def test_any_body_will_do(self) -> None:
        assert answers(self.index(None), [ask("POST /up", {"sum": 7})]) == ["0"]

    def test_the_rest_must_be_equal(self) -> None:
        with pytest.raises(UnmatchedCall):
            self.index(None).take(ask("POST /down", {"sum": 7}))

    def test_a_failed_attempt_comes_before_the_one_that_was_read(self) -> None:
        asked = [ask("POST /up", {"sum": 7})] * 3
        assert answers(self.index({"sum": 7}, None, {"sum": 7}), asked) == ["0", "1", "2"]
        assert answers(self.index(None, {"sum": 7}, None), asked) == ["0", "1", "2"]

    def test_so_it_does_where_the_rest_is_relaxed(self) -> None:
        recording = Recording()
        for number, identifier in enumerate((A, B)):
            recording.add("POST /up", {"sum": 7}, answer=number, x_request_id=identifier)
        first = recording.candidates[0]
        first.exchange.request["unread"] = True
        first.parts = {name: part for name, part in first.parts.items() if name != "body"}
        asked = [ask("POST /up", {"sum": 7}, x_request_id=identifier) for identifier in (X, Y)]
        assert answers(recording.index(), asked) == ["0", "1"]
