"""Beginnings of patterns: no match is lost by trying only the places that they name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading.beginnings import Index, beginnings, guarded, heads_of

letters = st.sampled_from("abc息胸")
patterns = st.recursive(
    letters | st.sampled_from(["[ab]", "[^a]", ".", "(?<!b)a", "(?=a)[ab]c"]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})")
        | st.tuples(inner, st.sampled_from(["?", "{0,2}", "{1,2}?", "{2}"])).map(lambda both: f"(?:{both[0]}){both[1]}")
    ),
    max_leaves=8,
)


@given(patterns, st.text("abc息胸x", max_size=12), st.integers(1, 3))
def test_every_match_begins_with_one_of_the_beginnings(pattern, text, depth):
    heads = beginnings(pattern, depth=depth)
    for match in re.finditer(pattern, text):
        assert heads is None or any(text.startswith(head, match.start()) for head in heads)


@pytest.mark.parametrize(
    "pattern, heads",
    [
        ("息が?苦", {"息が苦", "息苦"}),
        ("(?<!消)息", {"息"}),
        ("[胸心]痛|血", {"胸痛", "心痛", "血"}),
        ("a{0,2}b", {"b", "ab", "aab"}),
        ("a{0,9}b", {"b", "ab", "aab", "aaa"}),
        ("痛いよ|痛", {"痛"}),
        ("胸[^痛]", {"胸"}),
        (".息", None),
        ("a?", None),
    ],
)
def test_beginnings_are_one_to_three_letters(pattern, heads):
    assert beginnings(pattern, depth=3) == heads


def test_of_several_vocabularies_each_is_a_beginning():
    signs = {sign: heads_of(words, {}, 3) for sign, words in (("A", "息"), ("B", "苦し|辛"))}
    assert beginnings("胸(?:A|B)", signs, 3) == {"胸息", "胸苦し", "胸辛"}
    assert beginnings("胸[が息]", signs, 3) == {"胸が", "胸息"}


def test_in_spaced_languages_only_the_beginnings_of_words_are_tried():
    assert list(Index([0], ["ache"], spaced=True).places("headache ache")) == [(9, (0,))]
    assert list(Index([0], ["ache"]).places("headache ache")) == [(4, (0,)), (9, (0,))]


def test_every_rule_of_the_lexicon_knows_how_it_begins(reader):
    """A pattern that can begin anywhere is tried at every letter of every reply: begin it with definite letters."""
    for book in reader._shelf.books:
        lexicon = book.open()
        anywhere = [lexicon.index.items[number] for number in lexicon.index.anywhere]
        assert not [(book.code, lexicon.rules[branch.owner].code, branch.brief) for branch in anywhere]


texts = st.text("abc息胸x ", max_size=12)


@given(st.lists(patterns, min_size=1, max_size=5), texts, st.booleans())
def test_the_index_leaves_out_no_pattern_that_matches(rules, text, spaced):
    index = Index(range(len(rules)), rules, spaced=spaced)
    for turn in range(3):  # before it is deepened, then twice: what is found out the first time is kept
        if turn:
            index.deepen()
        places = dict(index.places(text))
        for number, rule in enumerate(rules):
            for match in re.finditer(f"(?=({rule}))", text):
                at = match.start()
                inside = spaced and at and text[at : at + 1].isalnum() and text[at - 1].isalnum()
                assert inside or not match[1] or number in places.get(at, ())


@given(patterns, texts)
def test_a_guarded_pattern_matches_the_same(pattern, text):
    guarded_one = re.compile(guarded(pattern))
    found = [match.span() for match in re.finditer(pattern, text) if match.group()]
    assert [match.span() for match in guarded_one.finditer(text) if match.group()] == found
