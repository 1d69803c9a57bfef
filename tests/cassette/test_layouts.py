"""Both layouts as bytes; and bytes that are no cassette."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cassette.worlds import TRACE, cassettes, orders
from timetracer.cassette import layouts, otlp
from timetracer.cassette.model import Cassette, Event, Kind, Span
from timetracer.errors import CassetteDamaged, CassetteError

DOCUMENT = layouts.encode_document(orders())
LINE = layouts.encode_line(orders())


@given(cassettes())
def test_both_layouts_say_the_same_and_come_back_equal(cassette: Cassette) -> None:
    line, document = layouts.encode_line(cassette), layouts.encode_document(cassette)
    assert orjson.loads(line) == orjson.loads(document)
    assert layouts.decode(line, "a.jsonl") == layouts.decode(document, "a.json") == otlp.decode(orjson.loads(line), "")


def test_a_line_is_one_line_with_an_end() -> None:
    assert LINE.count(b"\n") == 1
    assert LINE.endswith(b"\n")
    assert LINE.startswith(b'{"resourceSpans":[{')


def test_a_document_has_a_line_for_each_attribute_event_and_link() -> None:
    lines = DOCUMENT.decode().split("\n")
    assert lines[1] == '  {"key":"service.name","value":{"stringValue":"shop"}},'
    assert '  {"key":"timetracer.response.body","value":{"stringValue":"größe: 1\\n"}},' in lines
    assert ' "name":"GET","kind":3,"status":{"code":2,"message":"timed out"},' in lines
    assert sum(line.startswith('{"traceId"') for line in lines) == 4
    assert sum(line.startswith('  {"key"') for line in lines) == DOCUMENT.count(b'"key"') - 2  # of an event and a link
    assert sum(line.startswith(('  {"timeUnixNano"', '  {"traceId"')) for line in lines) == 2
    assert lines[-1] == ""


def test_text_that_looks_like_the_layout_stays_text() -> None:
    tricky = '{"key":"a"},"name":"b",{"traceId":"c"}\n],"attributes":[ '
    span = Span(tricky, TRACE, "1" * 16, attributes={tricky: tricky}, events=[Event(tricky, 1)], kind=Kind.CLIENT)
    cassette = Cassette([span], {tricky: tricky}, tricky)
    assert layouts.decode(layouts.encode_document(cassette), "a.json") == [cassette]


def test_a_change_in_one_answer_changes_one_line() -> None:
    changed = orders()
    assert changed.spans[1].exchange is not None
    changed.spans[1].exchange.response_body = b"other"
    pairs = zip(DOCUMENT.split(b"\n"), layouts.encode_document(changed).split(b"\n"), strict=True)
    assert [old for old, new in pairs if old != new] == [
        '  {"key":"timetracer.response.body","value":{"stringValue":"größe: 1\\n"}},'.encode()
    ]


def test_text_that_utf_8_has_no_bytes_for_is_escaped() -> None:
    cassette = Cassette([Span("\udcff", TRACE, "1" * 16, attributes={"\ud800": ["\udcff"]})])
    for data in (layouts.encode_line(cassette), layouts.encode_document(cassette)):
        (read,) = layouts.decode(data, "a")
        assert (read.spans[0].name, read.spans[0].attributes) == ("\\udcff", {"\\ud800": ["\\udcff"]})


@pytest.mark.parametrize("source", ["a.json", "a.jsonl", "a.jsonl.zst", "archive.sqlite:1"])
@pytest.mark.parametrize("data", [DOCUMENT, LINE, LINE.strip(), b"\xef\xbb\xbf" + LINE, b"\n\n" + LINE + b"\r\n"])
def test_the_suffix_does_not_matter_for_one_cassette(data: bytes, source: str) -> None:
    if data is DOCUMENT and "jsonl" in source:
        with pytest.raises(CassetteDamaged, match="line 1"):
            layouts.decode(data, source)
    else:
        assert layouts.decode(data, source) == [orders()]


@pytest.mark.parametrize("source", ["a.json", "a.jsonl"])
def test_several_lines_are_several_cassettes(source: str) -> None:
    other = Cassette(name="other")
    data = LINE + b"\n  \n" + layouts.encode_line(other) + LINE.strip()
    assert layouts.decode(data, source) == [orders(), other, orders()]


def test_documents_that_others_indent() -> None:
    for indent in (None, 0, 2):
        data = json.dumps(orjson.loads(LINE), indent=indent).encode()
        assert layouts.decode(data, "a.json") == [orders()]


@pytest.mark.parametrize("length", [1, 10, len(LINE) // 2, len(LINE) - 2])
def test_a_last_line_in_flight_is_left_out_and_anything_else_is_damage(length: int) -> None:
    flying = LINE[:length]
    assert layouts.decode(LINE + flying, "a.jsonl") == [orders()]
    assert layouts.decode(flying, "a.jsonl") == []
    with pytest.raises(CassetteDamaged, match=r"^a\.jsonl: line 2, column \d+: not JSON: "):
        layouts.decode(LINE + flying + b"\n" + LINE, "a.jsonl")
    with pytest.raises(CassetteDamaged, match=r"^a\.json: line 1, column \d+: not JSON"):
        layouts.decode(flying, "a.json")


def test_nothing_is_no_document_but_lines_without_a_line() -> None:
    assert layouts.decode(b"", "a.jsonl") == layouts.decode(b"\n\n", "a.jsonl") == []
    with pytest.raises(CassetteDamaged, match="not JSON"):
        layouts.decode(b"", "a.json")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (DOCUMENT[:1000], r"a\.json: line \d+, column \d+: not JSON: unexpected end of data"),
        (b"[" * 1_000_000, "depth limit"),
        (b'{"resourceSpans":' * 10_000, "depth limit"),
        (b"[" * 1000 + b"]" * 1000, "expected OTLP/JSON"),
        (b'{"resourceSpans":[{"x":' + b"[" * 1000 + b"]" * 1000 + b"}],}", "not JSON"),
        (b"\0" * 100, "not JSON"),
        (LINE.replace(b"GET", b"G\0T"), "control character"),
        (LINE.replace(b"GET", b"G\\u0000T")[:-3], "not JSON"),
        (LINE.replace(b"GET", b"G\xffT"), r"line 1, byte \d+: not JSON: not UTF-8"),
        (b"\n" + DOCUMENT.replace(b"reckon", b"\xff"), r"line \d\d, byte \d+: not JSON: not UTF-8"),
        (LINE.decode().encode("utf-16"), "not JSON"),
        (b'{"resourceSpans":1e999}', "infinity"),
        (b'{"resourceSpans":' + b"9" * 300 + b"}", "resourceSpans: expected a list"),
        (b'{"resourceSpans":' + b"9" * 100_000 + b"}", "infinity"),
        (b'{"resourceSpans":NaN}', "not JSON"),
        (b'{"resourceSpans":[],"resourceSpans":{}}', "resourceSpans: expected a list"),
        (b'{"traceEvents":[]}', "expected OTLP/JSON"),
        (b"%YAML 1.2\n---\ninteractions: []\n", "not JSON"),
        (b"SQLite format 3\0", "not JSON"),
    ],
)
def test_bytes_that_are_no_cassette_give_one_clear_error(data: bytes, message: str) -> None:
    with pytest.raises(CassetteDamaged, match=message) as caught:
        layouts.decode(data, "a.json")
    assert len(str(caught.value)) < 250


def test_a_line_that_is_no_cassette_is_named() -> None:
    with pytest.raises(CassetteDamaged, match=r"^a\.jsonl: line 3: resourceSpans: expected a list, not 1$"):
        layouts.decode(LINE + b"\n" + b'{"resourceSpans":1}\n', "a.jsonl")


def test_few_bytes_that_would_be_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "LARGE", 1000)
    monkeypatch.setattr(layouts, "TOKENS", 5000)
    assert layouts.decode(LINE, "a.jsonl") == [orders()]
    for data in (b'{"resourceSpans":[' + b"[]," * 5000 + b"[]]}", b'{"resourceSpans":[' + b"1," * 5000 + b"1]}\n\n"):
        with pytest.raises(CassetteDamaged, match="more than 5,000 values"):
            layouts.decode(data, "a.json")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(leaf for key, item in items for leaf in leaves(item, (*path, key)))]


LEAVES = leaves(orjson.loads(LINE))[1:]
_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(), st.just('{"$set":[[]]}')
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=4,
)


def reads_or_says_why(data: bytes, source: str) -> None:
    problem: str | None = None
    try:
        read = layouts.decode(data, source)
    except CassetteError as error:
        problem = str(error)
    if problem is None:
        for cassette in read:
            layouts.encode_document(cassette)
            assert cassette.root is None or cassette.root in cassette.spans
    else:
        assert problem.startswith(source)
        assert len(problem) < 400


@given(st.lists(st.tuples(st.sampled_from(LEAVES), _JSON), min_size=1, max_size=3), st.booleans())
def test_fuzz_a_valid_document_with_other_values_in_it(changes: list[tuple[tuple[Any, ...], Any]], drop: bool) -> None:
    document = orjson.loads(LINE)
    for path, value in changes:
        parent = document
        try:
            for step in path[:-1]:
                parent = parent[step]
            if drop:
                del parent[path[-1]]
            else:
                parent[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took its place
    reads_or_says_why(json.dumps(document).encode(errors="surrogatepass"), "a.json")


@given(
    st.sampled_from([DOCUMENT, LINE, LINE * 2]),
    st.lists(st.tuples(st.integers(0, len(LINE)), st.integers(0, 8), st.binary(max_size=6)), min_size=1, max_size=4),
    st.sampled_from(["a.json", "a.jsonl"]),
)
def test_fuzz_valid_bytes_with_others_in_them(data: bytes, cuts: list[tuple[int, int, bytes]], source: str) -> None:
    for position, length, new in cuts:
        data = data[:position] + new + data[position + length :]
    reads_or_says_why(data, source)


@given(st.binary(), st.sampled_from(["a.json", "a.jsonl"]))
@example(b"\xef\xbb\xbf", "a.jsonl")
def test_fuzz_any_bytes(data: bytes, source: str) -> None:
    reads_or_says_why(data, source)
