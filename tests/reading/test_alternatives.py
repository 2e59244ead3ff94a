"""Alternatives written as one pattern match the same, and prefer the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading.alternatives import branches_of, factored

pieces = st.sampled_from(
    ["a", "b", "ab", "息", "a?", "b+", "[ab]", "[^a]", ".", "(?:a|b)", "(?<!b)a", "(?=a)", r"\.", ""]
)
alternatives = st.lists(st.lists(pieces, max_size=4).map("".join), min_size=1, max_size=6)


@given(alternatives, st.text("ab息.", max_size=10))
def test_the_same_places_match_with_the_same_ends(patterns, text):
    together, apart = re.compile(factored(patterns)), re.compile("|".join(patterns))
    assert [found.span() for found in together.finditer(text)] == [found.span() for found in apart.finditer(text)]
    for place in range(len(text) + 1):
        one, other = together.match(text, place), apart.match(text, place)
        assert (one and one.end()) == (other and other.end())
        one, other = together.fullmatch(text, place), apart.fullmatch(text, place)
        assert bool(one) == bool(other)


@pytest.mark.parametrize(
    "patterns, one",
    [
        (["ab", "ac", "d"], "a(?:b|c)|d"),
        (["ab", "d", "ac"], "a(?:b|c)|d"),  # of different letters one can match at a place at most
        (["ab", ".", "ac"], "ab|.|ac"),  # nothing passes what may begin with any letter
        (["a?b", "ac"], "a?b|ac"),
        (["a", "ab"], "a(?:|b)"),  # the shorter one still goes first
    ],
)
def test_what_begins_alike_is_written_once(patterns, one):
    assert factored(patterns) == one


def test_the_branches_of_a_pattern_are_its_alternatives_at_the_top():
    assert branches_of(r"a|(?:b|c)d|[|)]e|\||f") == ["a", "(?:b|c)d", "[|)]e", r"\|", "f"]
    assert branches_of("[]|]a|[^]|]b") == ["[]|]a", "[^]|]b"]
