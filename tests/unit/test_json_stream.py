"""The streaming reader agrees with json.loads, wherever the blocks end."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration.json_stream import JsonStream, JsonStreamError

texts = st.text(st.sampled_from('"\\/aé✓😀 \n\t{}[],:0.eE-tn\u2028'), max_size=12)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(texts, st.lists(values, max_size=4), max_size=4)


def read(text: str, block: int) -> dict:
    stream = JsonStream(io.StringIO(text), block)
    found = {key: list(stream.items()) for key in stream.members()}
    stream.finish()
    return found


@given(documents, st.integers(1, 40), st.booleans(), st.sampled_from([None, 4]))
@settings(max_examples=150, deadline=None)
def test_it_reads_what_json_reads(document, block, ascii_only, indent):
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    assert json.loads(json.dumps(read(text, block), default=float)) == json.loads(text)


@given(documents.filter(bool), st.integers(1, 40), st.data())
@settings(max_examples=150, deadline=None)
def test_a_document_that_was_cut_short_is_never_read_as_whole(document, block, data):
    text = json.dumps(document, indent=1)
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(JsonStreamError) as caught:
        read(text[:cut], block)
    assert caught.value.truncated


@given(st.text(max_size=40), st.integers(1, 9))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_values_or_one_kind_of_error(text, block):
    stream = JsonStream(io.StringIO(text), block)
    try:
        value = stream.value()
        stream.finish()
    except JsonStreamError:
        with pytest.raises(ValueError):
            json.loads(text, parse_constant=lambda name: int(name))
    else:
        assert json.loads(json.dumps(value, default=float)) == json.loads(text)


@pytest.mark.parametrize("text", ['{"a": [1 2]}', '{"a": [1,]}', "{a: []}", '{"a": []} x', '{"a": [NaN]}', "{1: []}"])
def test_what_is_not_json_is_told_from_what_is_cut_short(text):
    with pytest.raises(JsonStreamError) as caught:
        read(text, 3)
    assert not caught.value.truncated


def test_a_syntax_error_early_in_a_long_document_is_found_early():
    class Counting(io.StringIO):
        taken = 0

        def read(self, size=-1):
            block = super().read(size)
            self.taken += len(block)
            return block

    source = Counting('{"a": [1 2' + ", 3" * 1_000_000)
    with pytest.raises(JsonStreamError):
        stream = JsonStream(source)
        for _ in stream.members():
            list(stream.items())
    assert source.taken < 1_000_000


def test_deep_nesting_is_refused_not_crashed_on():
    with pytest.raises(JsonStreamError):
        JsonStream(io.StringIO("[" * 200_000)).value()
