"""What may differ, and the rule that keeps data apart from noise."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaying.recording import SECOND, A, B, C, Recording, X, Y, Z, answer, ask, missed, reasons
from timetracer.cassette.model import Plain
from timetracer.errors import UnmatchedCall
from timetracer.replaying.calls import Asked
from timetracer.replaying.noise import Noise

MADE_UP = "generated identifier (request.body.id)"


SPELLINGS = {
    "uuid": (A, X),
    "upper-case uuid": (A.upper(), X.upper()),
    "bare uuid": (A.replace("-", ""), X.replace("-", "")),
    "ulid": ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ"),
    "ObjectId": ("507f1f77bcf86cd799439011", "65f0c0ffee0ddba11c0ffee0"),
    "40 hex": ("a" * 39 + "1", "b" * 39 + "2"),
    "64 hex": ("a" * 63 + "1", "b" * 63 + "2"),
    "bcrypt": ("$2b$12$" + "a" * 53, "$2b$12$" + "./" + "Z" * 51),
    "pbkdf2": (
        "pbkdf2_sha256$870000$aZ4bT0qLr8$tQd5nC2lq9u4Vb0zv1yYb2l5XkZ8a6Vq6u3hG1o7r5E=",
        "pbkdf2_sha256$870000$W8eT1xYp2k$9gJm3Rr5Kq1fC7u2Ls8v0bN4xZ6yT5wQ2eH1oD3iA7U=",
    ),
    "argon2": ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "$argon2id$v=19$m=65536,t=3,p=4$dGxhcw$c2hhYQ"),
    "prefixed": (f"order_{A}", f"order_{X}"),
}


class TestGeneratedIdentifiers:
    @pytest.mark.parametrize(("recorded", "live"), SPELLINGS.values(), ids=SPELLINGS)
    def test_a_write_may_bring_one_and_it_is_translated_from_then_on(self, recorded: str, live: str) -> None:
        recording = Recording().add("POST /orders", {"id": recorded}, answer={"id": recorded, "ok": True})
        index = recording.add(f"GET /orders/{recorded.replace('/', '')}", answer=f"<{recorded}>").index()
        taken = index.take(ask("POST /orders", {"id": live}))
        assert taken.reasons == (MADE_UP,)
        assert json.loads(taken.identities.to_live(taken.exchange.response_body or b"")) == {"id": live, "ok": True}
        if not recorded.startswith("$"):
            taken = index.take(ask(f"GET /orders/{live}"))
            assert taken.reasons == ("generated identifier (request.path)",)
            assert taken.identities.to_live(taken.exchange.response_body or b"") == f"<{live}>".encode()

    @pytest.mark.parametrize("line", ["GET /orders/{}", "GET /orders?id={}", "HEAD /{}"])
    def test_a_read_may_not(self, line: str) -> None:
        index = Recording((line.format(A), "ann")).index()
        assert missed(index, ask(line.format(X)))

    def test_a_read_of_another_recorded_one_is_a_miss(self) -> None:
        index = Recording((f"GET /orders/{A}", "a"), (f"GET /notes/{B}", "b")).index()
        assert missed(index, ask(f"GET /orders/{B}"))

    def test_a_write_with_another_recorded_one_is_a_miss(self) -> None:
        recording = Recording((f"GET /users/{B}", "bob")).add("POST /orders", {"id": A})
        assert missed(recording.index(), ask("POST /orders", {"id": B}))

    def test_one_that_came_from_an_answer_is_data(self) -> None:
        recording = Recording(("GET /cart", {"id": A})).add("POST /pay", {"cart": A})
        assert missed(recording.index(), ask("POST /pay", {"cart": X}))

    @pytest.mark.parametrize("value", [A, A.encode(), UUID(A), (A,), {UUID(A)}, {A: 1}, {"rows": [[1, UUID(A)]]}])
    def test_wherever_it_stands_in_the_answer(self, value: Plain) -> None:
        for outcome in ("response", "error"):
            recording = Recording(("GET /cart", "")).add("POST /pay", {"cart": A})
            setattr(recording.candidates[0].exchange, outcome, {"value": value})
            assert missed(recording.index(), ask("POST /pay", {"cart": X}))

    def test_an_answer_that_came_late_does_not_make_it_data(self) -> None:
        recording = Recording().add("GET /events", answer=A).add("POST /orders", {"id": A})
        recording.candidates[0].exchange.ended += 10 * SECOND
        assert reasons(recording.index(), ask("POST /orders", {"id": X})) == (MADE_UP,)

    def test_one_that_came_through_a_read_is_data(self) -> None:
        recording = Recording((f"GET /locks/{A}", "free")).add("POST /locks", {"id": A})
        assert missed(recording.index(), ask("POST /locks", {"id": X}))

    def test_one_that_was_the_same_on_both_sides_stays_itself(self) -> None:
        recording = Recording().add("POST /orders", {"id": A}).add("POST /notes", {"order": A, "n": 1})
        index = recording.index()
        assert reasons(index, ask("POST /orders", {"id": A})) == ()
        assert missed(index, ask("POST /notes", {"order": X, "n": 1}))
        assert reasons(index, ask("POST /notes", {"order": A, "n": 1})) == ()

    def test_one_that_the_app_was_given_stays_itself(self) -> None:
        recording = Recording().add("POST /orders", {"id": A, "n": 1}).add("GET /last", answer=A)
        index = recording.index()
        assert answer(index, ask("GET /last")) == A
        assert missed(index, ask("POST /orders", {"id": X, "n": 1}))

    def test_a_bound_one_stands_for_no_other(self) -> None:
        recording = Recording().add("POST /orders", {"id": A}).add("POST /orders", {"id": B}).add("GET /end", answer="")
        index = recording.index()
        index.take(ask("POST /orders", {"id": X}))
        assert missed(index, ask("POST /orders", {"id": X}))
        index.take(ask("POST /orders", {"id": Y}))
        assert index.identities.recorded(Y) == B.replace("-", "")

    def test_a_recorded_one_that_has_become_another_is_unknown(self) -> None:
        recording = Recording().add("POST /orders", {"id": A}).add(f"GET /orders/{A}")
        index = recording.index()
        index.take(ask("POST /orders", {"id": X}))
        assert missed(index, ask(f"GET /orders/{A}"))

    def test_within_one_call_two_stay_two(self) -> None:
        index = Recording().add("POST /link", {"from": A, "to": B}).index()
        assert missed(index, ask("POST /link", {"from": X, "to": X}))
        index.take(ask("POST /link", {"from": X, "to": Y}))

    def test_calls_may_come_in_another_order_than_their_identifiers_were_born(self) -> None:
        recording = Recording().add("POST /a", {"id": A}).add("POST /b", {"id": A, "n": 1})
        index = recording.index()
        assert reasons(index, ask("POST /b", {"id": X, "n": 1})) == (MADE_UP,)
        assert reasons(index, ask("POST /a", {"id": X})) == ("generated identifier (request.body)",)

    def test_the_right_one_is_found_among_many(self) -> None:
        recording = Recording()
        for user in (A, B, C):
            recording.add("POST /users", {"id": user, "name": user[0]})
        for number in range(30):
            for user in (A, B, C):
                recording.add("POST /events", {"user": user, "event": f"{number:08x}{user[8:]}"}, answer=user)
        index = recording.index()
        for live, name in ((Z, "c"), (X, "a"), (Y, "b")):
            index.take(ask("POST /users", {"id": live, "name": name}))
        for number in range(30):
            for live in (Y, Z, X):
                asked = ask("POST /events", {"user": live, "event": f"{number:08x}{live[8:]}"})
                assert answer(index, asked) == live

    def test_even_among_thousands_that_are_alike(self) -> None:
        users = [f"{number:08x}{A[8:]}" for number in range(2_100)]
        events = [f"{number:08x}{B[8:]}" for number in range(2_100)]
        recording = Recording(("GET /users", users))
        for user, event in zip(users, events, strict=True):
            recording.add("POST /events", {"user": user, "event": event}, answer=user)
        index = recording.index()
        for user in (users[-1], users[0]):
            assert answer(index, ask("POST /events", {"user": user, "event": X.replace("d", user[7])})) == user

    def test_nor_does_it_matter_that_all_of_it_is_made_up(self) -> None:
        made_up = [f"{number:08x}{A[8:]}" for number in range(2_100)]
        recording = Recording()
        for session in made_up:
            recording.add("POST /sessions", {"id": session, "user": session[:8]})
        for number, session in enumerate(made_up):
            recording.add("POST /events", {"session": session, "event": f"{number:08x}{B[8:]}"}, answer=number)
        index = recording.index()
        index.take(ask("POST /sessions", {"id": X, "user": made_up[-1][:8]}))
        assert answer(index, ask("POST /events", {"session": X, "event": Y})) == "2099"

    def test_nor_does_it_matter_how_many_were_taken_before(self) -> None:
        recording = Recording().add("POST /events", {"id": A, "by": "redacted-jwt-1"})
        for number in range(2_100):
            recording.add("POST /events", {"id": f"{number:08x}{B[8:]}", "by": "redacted-jwt-2"}, answer=number)
        index = recording.index()
        for number in range(2_100):
            asked = ask("POST /events", {"id": f"{number:08x}{X[8:]}", "by": "redacted-jwt-2"})
            assert answer(index, asked) == str(number)

    def test_a_body_keeps_its_length(self) -> None:
        recording = Recording().add("GET /a", x_request_id="req-1234567", answer="you are req-1234567")
        taken = recording.index().take(ask("GET /a", x_request_id="req-12345678"))
        assert taken.identities.to_live(taken.exchange.response_body or b"") == b"you are req-1234567"
        assert taken.identities.to_live_plain({"x-request-id": "req-1234567"}) == {"x-request-id": "req-12345678"}

    @pytest.mark.parametrize("header", ["x_request_id", "x_correlation_id", "idempotency_key", "request_id"])
    def test_a_read_may_bring_a_request_id_in_its_own_header(self, header: str) -> None:
        index = Recording().add("GET /a", **{header: f"req-{A}"}, answer=f"echo {A}").index()
        taken = index.take(ask("GET /a", **{header: f"req-{X}"}))
        assert taken.reasons == (f"generated identifier (request.headers.{header.replace('_', '-')})",)
        assert taken.identities.to_live(taken.exchange.response_body or b"") == f"echo {X}".encode()

    def test_but_not_in_any_other(self) -> None:
        assert missed(Recording().add("GET /a", x_user=A).index(), ask("GET /a", x_user=X))

    def test_nor_one_that_is_recorded_in_another_place(self) -> None:
        index = Recording().add("GET /a", x_request_id=A).add(f"GET /users/{B}").index()
        assert missed(index, ask("GET /a", x_request_id=B))

    def test_an_empty_one_is_none(self) -> None:
        index = Recording().add("GET /a", x_request_id="").index()
        assert missed(index, ask("GET /a", x_request_id="12345678"))

    def test_what_came_in_such_a_header_may_enter_through_any_write(self) -> None:
        index = Recording().add("GET /a", x_request_id=A).add("POST /b", {"id": A}).index()
        assert reasons(index, ask("POST /b", {"id": X})) == (MADE_UP,)

    def test_a_retry_repeats_its_key(self) -> None:
        recording = Recording().add("POST /pay", idempotency_key="k-00000001", answer="timeout")
        recording.add("POST /pay", idempotency_key="k-00000001", answer="paid")
        index = recording.index()
        asked = ask("POST /pay", idempotency_key="k-00000002")
        assert [answer(index, asked), answer(index, asked)] == ["timeout", "paid"]

    def test_the_same_place_in_the_call_tree_comes_first(self) -> None:
        recording = Recording().add("POST /a", {"id": A}, answer="cart", path="cart")
        index = recording.add("POST /a", {"id": B}, answer="pay", path="pay").index()
        assert answer(index, ask("POST /a", {"id": X}, path="pay")) == "pay"
        assert answer(index, ask("POST /a", {"id": Y}, path="pay")) == "cart"

    def test_equal_pseudonyms_come_first(self) -> None:
        recording = Recording().add("POST /a", {"id": A}, answer="ann", authorization="redacted-bearer-1")
        index = recording.add("POST /a", {"id": B}, answer="bob", authorization="redacted-bearer-2").index()
        assert answer(index, ask("POST /a", {"id": X}, authorization="redacted-bearer-2")) == "bob"


def jwt(claims: dict[str, Any], signature: str = "c2ln") -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256'})}.{part(claims)}.{signature}"


ANN = {"sub": "ann", "iat": 1764000000, "jti": A}


class TestJsonWebTokens:
    @pytest.mark.parametrize(
        ("claims", "fits"),
        [
            ({"sub": "ann", "iat": 1764000001, "jti": A}, True),
            ({"sub": "ann", "iat": 1764000000, "jti": X}, True),
            ({"sub": "bob", "iat": 1764000000, "jti": A}, False),
            ({"sub": "ann", "iat": 1764009999, "jti": A}, False),
            ({"sub": "ann", "iat": 1764000000, "jti": A, "admin": True}, False),
        ],
    )
    def test_a_token_is_its_claims(self, claims: dict[str, Any], fits: bool) -> None:
        index = Recording().add("GET /me", authorization=f"Bearer {jwt(ANN)}").index()
        asked = ask("GET /me", authorization=f"Bearer {jwt(claims, 'b3RoZXI')}", after=0.5)
        assert missed(index, asked) is not fits

    def test_another_signature_is_told(self) -> None:
        index = Recording().add("GET /me", authorization=jwt(ANN)).index()
        asked = ask("GET /me", authorization=jwt(ANN, "b3RoZXI"))
        assert reasons(index, asked) == ("JSON web token (request.headers.authorization)",)

    def test_identifiers_in_claims_are_data_for_a_read(self) -> None:
        index = Recording().add("GET /me", authorization=jwt({"sub": A})).index()
        assert missed(index, ask("GET /me", authorization=jwt({"sub": X})))

    def test_what_only_looks_like_one_is_text(self) -> None:
        index = Recording().add("GET /me", authorization="eyJx.eyJx.x").index()
        assert missed(index, ask("GET /me", authorization="eyJx.eyJx.y"))


class TestNoise:
    RULES = Noise(
        ["request.body.nonce", "request.query.ts", "request.headers.x-request-time", "request.body.trail[*].at"]
    )

    @pytest.mark.parametrize(
        ("recorded", "live", "reason"),
        [
            (ask("POST /a", {"nonce": 1, "b": 2}), ask("POST /a", {"nonce": 9, "b": 2}), "request.body.nonce"),
            (ask("POST /a", {"nonce": [1]}), ask("POST /a", {"nonce": {"x": 9}}), "request.body.nonce"),
            (ask("GET /a?ts=1&b=2"), ask("GET /a?ts=now&b=2"), "request.query.ts"),
            (ask("GET /a", x_request_time="1"), ask("GET /a", x_request_time="x"), "request.headers.x-request-time"),
            (ask("POST /a", {"trail": [{"at": 1}, {"at": 2}]}), ask("POST /a", {"trail": [{"at": 1}, {"at": 3}]}),
             "request.body.trail[1].at"),
        ],
    )  # fmt: skip
    def test_named_values_may_differ(self, recorded: Asked, live: Asked, reason: str) -> None:
        recording = Recording().add(recorded.key)
        recording.candidates[0].parts = recorded.parts
        assert reasons(recording.index(noise=self.RULES), live) == (f"noise rule ({reason})",)

    @pytest.mark.parametrize("body", [{"nonce": 9, "b": 3}, {"b": 2}, {"nonce": 1, "b": 2, "c": 3}])
    def test_others_may_not(self, body: dict[str, int]) -> None:
        index = Recording().add("POST /a", {"nonce": 1, "b": 2}).index(noise=self.RULES)
        assert missed(index, ask("POST /a", body))


class TestLayout:
    @pytest.mark.parametrize(
        ("recorded", "live", "fits"),
        [
            ('{"a": 1, "b": [2, 3]}', '{"b":[2,3],"a":1}', True),
            ('{"n": 12345678901234567890123}', '{ "n": 12345678901234567890123 }', True),
            ('{"n": 12345678901234567890123}', '{ "n": 12345678901234567890124 }', False),
            ('{"n": 0.1}', '{ "n": 0.10000000000000001 }', False),
            ('{"n": 1}', '{ "n": 1.0 }', False),
            ('{"n": -0}', '{ "n": 0 }', False),
            ('{"a": 1, "a": 2}', '{"a":1,"a":2}', True),
            ('{"a": 1, "a": 2}', '{"a":2,"a":1}', False),
            ('{"a": 1, "a": 2}', '{"a":2}', False),
            ('{"a": {"x": 1}, "a": {"y": 2}}', '{"a":{"x":1,"y":2}}', False),
            ('{"a": [1, 2]}', '{"a":[2,1]}', False),
            ('{"a": []}', '{ "a": {} }', False),
            ('{"a": {"[0]": 1}}', '{"a": [1]}', False),
            ('{"a": {"b": 1}}', '{"a.b": 1}', False),
            ('{"a": null}', '{ "a": "null" }', False),
            ('{"é": 1}', '{ "\\u00e9": 1 }', True),
            ("a=1&b=2", "b=2&a=1", False),
        ],
    )
    def test_json_is_equal_whatever_its_layout(self, recorded: str, live: str, fits: bool) -> None:
        index = Recording().add("POST /a", recorded).index()
        if fits:
            assert reasons(index, ask("POST /a", live)) == ("layout",)
        else:
            assert missed(index, ask("POST /a", live))

    @staticmethod
    def upload(boundary: str, content: str = "x") -> dict[str, str]:
        body = f'--{boundary}\r\ncontent-disposition: form-data; name="file"\r\n\r\n{content}\r\n--{boundary}--\r\n'
        return {"body": body, "content_type": f"multipart/form-data; boundary={boundary}"}

    def test_the_boundary_of_an_upload_is_noise(self) -> None:
        index = Recording().add("POST /up", **self.upload("aaaa1111")).index()
        assert missed(index, ask("POST /up", **self.upload("bbbb2222", "y")))
        assert reasons(index, ask("POST /up", **self.upload("bbbb2222"))) == ("multipart boundary",)

    def test_bytes_that_are_no_text_are_compared_as_they_are(self) -> None:
        index = Recording().add("POST /up", b"\xff\x00\xfe").index()
        assert missed(index, ask("POST /up", b"\xff\x00\xfd"))
        assert reasons(index, ask("POST /up", b"\xff\x00\xfe")) == ()


IDENTIFIERS = st.uuids(version=4).map(str)


@settings(deadline=None)
@given(st.lists(IDENTIFIERS, min_size=1, max_size=6, unique=True), st.data())
def test_a_whole_conversation_with_other_identifiers_gets_consistent_answers(
    recorded: list[str], data: st.DataObject
) -> None:
    fresh = IDENTIFIERS.filter(lambda one: one not in recorded)
    live = dict(zip(recorded, data.draw(st.lists(fresh, min_size=6, max_size=6, unique=True)), strict=False))
    recording, script = Recording(), list[tuple[str, Any, Any]]()
    for number, one in enumerate(recorded):
        script.append(("POST /things", {"id": one, "name": f"thing {number}"}, {"id": one, "version": number}))
    for one, other in data.draw(st.lists(st.tuples(st.sampled_from(recorded), st.sampled_from(recorded)), max_size=12)):
        script.append((f"GET /things/{one}?with={other}", b"", {"id": one, "with": other}))
        script.append(("POST /links", {"from": one, "to": other}, {"linked": [one, other]}))
    for line, body, reply in script:
        recording.add(line, body, answer=reply)
    index = recording.index()

    def renamed(value: Any) -> Any:
        text = json.dumps(value)
        for one, other in live.items():
            text = text.replace(one, other)
        return json.loads(text)

    for line, body, reply in script:
        asked = ask(renamed(line), renamed(body) if body else b"")
        assert json.loads(answer(index, asked)) == renamed(reply)
    assert index.verdict().unplayed == []


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_call_is_ever_answered_for_another_user(data: st.DataObject) -> None:
    """Whatever the live side mixes up: an identifier that was recorded is only ever itself."""
    mine, pool = [A, B, C], [A, B, C, X, Y, Z]
    recording = Recording()
    for one in data.draw(st.lists(st.sampled_from(mine), min_size=1, max_size=6)):
        recording.add(f"{data.draw(st.sampled_from(['GET', 'POST']))} /things/{one}", answer=one)
    index = recording.index()
    partners: dict[str, str] = {}
    for one in data.draw(st.lists(st.sampled_from(pool), max_size=8)):
        try:
            taken = index.take(ask(f"{data.draw(st.sampled_from(['GET', 'POST']))} /things/{one}"))
        except UnmatchedCall:
            continue
        recorded = (taken.exchange.response_body or b"").decode()
        assert partners.setdefault(one, recorded) == recorded
        assert one == recorded or one not in {
            each for each in mine if any(each in c.exchange.key for c in recording.candidates)
        }
    assert len(set(partners.values())) == len(partners)
