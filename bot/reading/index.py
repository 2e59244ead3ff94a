"""Which patterns of a lexicon can match at which place of a reply; the others are not tried there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import add, methodcaller

from bot.reading.beginnings import NO_SIGNS, Signs, beginnings
from bot.reading.needs import need_of

_BEGIN = re.compile(r"(?<![^\W_])[^\W_]|[\W_]")
_FIRST = 2
DEEP = {True: 4, False: 3}
"""Letters that are looked at in the end: more in alphabets than where there are thousands of letters."""
_LONG = 300
"""Characters; so long a text holds nearly all pieces, and none of them leaves anything out."""
_place = methodcaller("start")
_KEPT = 20_000
"""Letters for which is kept what can begin with them."""


class Index:
    """For the places of a text, the patterns that can begin there; in ``spaced`` languages only where a word begins.

    ``signs`` gives the beginnings of signs for a depth. At first two letters of a pattern are known; once it is
    ``deepened`` three or four, and what the pattern needs further on.
    """

    def __init__(
        self, patterns: Sequence[str], signs: Callable[[int], Signs] = lambda _: NO_SIGNS, *, spaced: bool = False
    ) -> None:
        self._spaced = spaced
        self._patterns = patterns
        self._depth = DEEP[spaced]
        self._signs = signs
        by_head: dict[str, list[int]] = {}
        anywhere: list[int] = []
        first = signs(_FIRST)
        for number, pattern in enumerate(patterns):
            heads = beginnings(pattern, first, _FIRST)
            for where in [anywhere] if heads is None else [by_head.setdefault(head, []) for head in heads]:
                where.append(number)
        self.anywhere = tuple(anywhere)
        self._numbers = {head: _all_at(head, by_head, anywhere) for head in by_head}
        """For each head the patterns that can begin with it: its own, those of its first letters, those of any."""
        self._deep: dict[str, tuple[int, ...]] = {}
        self._heads: list[frozenset[str] | None] | None = None
        self._needs: list[frozenset[str]] = []

    def deepen(self) -> None:
        """Find out more of each pattern, which takes a while; fewer patterns are tried from then on."""
        if self._heads is None:
            signs, depth = self._signs(self._depth), self._depth
            needs, heads = [], []
            for pattern in self._patterns:
                needs.append(need_of(pattern, signs, depth, further=True))
                heads.append(beginnings(pattern, signs, depth))
            self._needs, self._heads = needs, heads

    def places(self, text: str, pieces: AbstractSet[str]) -> Iterator[tuple[int, Sequence[int]]]:
        """For each place of ``text`` where patterns can begin their numbers, in order.

        ``pieces`` are those of ``text`` (``needs.pieces_of``).
        """
        known, find_out = self._deep.get, self._find_out
        needs = self._needs if len(text) < _LONG else []
        for at, letters in self._letters(text):
            numbers: Sequence[int] | None = known(letters)
            if numbers is None:
                numbers = find_out(letters)
            if needs and len(numbers) > 1:
                numbers = [number for number in numbers if not needs[number].isdisjoint(pieces)]
            if numbers:
                yield at, numbers

    def _letters(self, text: str) -> Iterable[tuple[int, str]]:
        """The letters at each place where patterns can begin; after the end of ``text`` there is white space."""
        size = self._depth
        padded = text + " " * size
        if self._spaced:  # not between two letters or digits
            return [(at, padded[at : at + size]) for at in map(_place, _BEGIN.finditer(text))]
        pairs = map(add, text, padded[1:])
        return enumerate(map(add, pairs, padded[2:]))

    def _find_out(self, letters: str) -> tuple[int, ...]:
        numbers = self._numbers.get(letters[:_FIRST]) or self._numbers.get(letters[0]) or self.anywhere
        if self._heads is None:
            return numbers
        starts = {letters[:size] for size in range(1, len(letters) + 1)}
        deep = tuple([number for number in numbers if not _misses(self._heads[number], starts)])
        if len(self._deep) >= _KEPT:
            self._deep.clear()
        self._deep[letters] = deep
        return deep


def _misses(heads: frozenset[str] | None, starts: set[str]) -> bool:
    return heads is not None and heads.isdisjoint(starts)


def _all_at(head: str, by_head: Mapping[str, list[int]], anywhere: list[int]) -> tuple[int, ...]:
    shorter = (number for size in range(1, len(head) + 1) for number in by_head.get(head[:size], ()))
    return tuple(sorted({*shorter, *anywhere}))
