"""What a match of a pattern cannot do without: a pattern none of whose pieces stands in a reply need not be tried."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import add
from typing import Any

from bot.reading.beginnings import ANYTHING, EMPTY, NO_SIGNS, Heads, Signs, followed, heads_of_item, parsed

_MOST, _COMMONEST, _RARE = 48, 0.25, 0.0005
"""Pieces that are kept for one pattern, and how often (by a rough guess) a letter of a reply may begin one of them;
what is as rare as the last is good enough."""
_EVERYWHERE = frozenset([""])
"""The need of a pattern that may match without any piece in particular: every reply has it."""
_known: dict[frozenset[str], frozenset[str]] = {}


def pieces_of(text: str, size: int) -> set[str]:
    """All pieces of ``text`` of up to ``size`` letters, with "" among them."""
    pieces, longest = {"", *text}, list(text)
    for shift in range(1, size):
        longest = list(map(add, longest, text[shift:]))
        pieces.update(longest)
    return pieces


def need_of(pattern: str, signs: Signs = NO_SIGNS, size: int = 3, *, further: bool = False) -> frozenset[str]:
    """Pieces of up to ``size`` letters, one of which stands in every match of ``pattern``; "" where none need stand.

    ``signs`` are letters that stand for longer patterns, with their beginnings of that size. What the pattern begins
    with does not count where it is known already (``further``).
    """
    items = parsed(pattern)
    need = _Needs(signs, size).rarest(items, further=further) if items is not None else None
    return _EVERYWHERE if need is None else _known.setdefault(need, need)


@dataclass(frozen=True, slots=True)
class _Needs:
    signs: Signs
    size: int

    def rarest(self, items: Iterable[tuple[Any, Any]], *, further: bool) -> frozenset[str] | None:
        """What is rarest of all that the sequence needs."""
        best, commonness = None, _COMMONEST
        for need in self._of_sequence(list(items), further=further):
            if need is not None and len(need) <= _MOST and (common := sum(map(_common, need))) < commonness:
                best, commonness = need, common
                if common < _RARE:
                    break
        return best

    def _of_sequence(self, items: list[tuple[Any, Any]], *, further: bool) -> Iterator[frozenset[str] | None]:
        """From the last item to the first: the letters that go on there, and what the item needs inside."""
        heads = EMPTY
        for at in range(len(items) - 1, -1, -1):
            operation, argument = items[at]
            begun = further and at == 0
            if not begun:
                heads = followed(heads_of_item(str(operation), argument, self.signs, self.size), heads, self.size)
                if len(heads) > _MOST:  # too many to be rare, or to go on with
                    heads = ANYTHING
                yield _pieces(heads)
            yield from self._inside(str(operation), argument, further=begun)

    def _inside(self, operation: str, argument: Any, *, further: bool) -> Iterator[frozenset[str] | None]:  # noqa: ANN401  # the parser's own trees
        if operation == "BRANCH":
            yield self._either(argument[1], further=further)
        elif operation == "SUBPATTERN":
            yield from self._of_sequence(list(argument[-1]), further=further)
        elif operation in ("MAX_REPEAT", "MIN_REPEAT") and argument[0]:
            yield from self._of_sequence(list(argument[2]), further=further)

    def _either(self, branches: Iterable[Any], *, further: bool) -> frozenset[str] | None:
        needs: set[str] = set()
        for branch in branches:
            need = self.rarest(branch, further=further)
            if need is None:
                return None
            needs |= need
        return _shortest(needs)


def _pieces(heads: Heads) -> frozenset[str] | None:
    pieces = {head for head, _ in heads}
    return None if "" in pieces else _shortest(pieces)


def _shortest(pieces: set[str]) -> frozenset[str] | None:
    """Without those that hold a shorter one."""
    if len(pieces) > _MOST * 4:
        return None
    return frozenset(sys.intern(one) for one in pieces if not any(one[:size] in pieces for size in range(1, len(one))))


@cache
def _common(piece: str) -> float:
    chance = 1.0
    for letter in piece:
        chance *= 0.07 if letter < "\u0080" else 0.03 if "\u3041" <= letter <= "\u309f" else 0.01
    return chance
