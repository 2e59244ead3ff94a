"""How a match of a pattern can begin: rules are tried only where their first two letters stand in the reply."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import add
from types import MappingProxyType
from typing import Any

_DEPTH = 2
_MOST = 4_000
"""A pattern with more beginnings than this is indexed by its first letter alone."""
_WIDE = 400
"""A range of more letters than this says too little."""
_DIGITS = frozenset("0123456789")

Heads = frozenset[tuple[str, bool]]
"""Beginnings; True where anything may follow, False where the pattern (so far) ends there."""
Signs = Mapping[str, Heads]
_EMPTY: Heads = frozenset([("", False)])
_ANYTHING: Heads = frozenset([("", True)])


def beginnings(pattern: str, signs: Signs = MappingProxyType({})) -> frozenset[str] | None:
    """The one or two letters that every match of ``pattern`` begins with, None where that cannot be told.

    ``signs`` are letters that stand for longer patterns, with their beginnings.
    """
    heads = heads_of(pattern, signs)
    if len(heads) > _MOST:
        heads = frozenset((head[:1], True) for head, _ in heads)
    if ("", True) in heads or ("", False) in heads:
        return None
    return frozenset(head for head, _ in heads)


def heads_of(pattern: str, signs: Signs) -> Heads:
    """The beginnings of ``pattern``, for use as a sign in other patterns."""
    try:
        items = importlib.import_module("re._parser").parse(pattern)
    except (ImportError, AttributeError):  # another Python with another parser: every place is tried
        return _ANYTHING
    return _of_sequence(items, signs)


class Index:
    """For the places of a text, the patterns that can begin there; in ``spaced`` languages only where a word begins."""

    def __init__(self, patterns: Sequence[str], signs: Signs = MappingProxyType({}), *, spaced: bool = False) -> None:
        self._spaced = spaced
        self._by_letter: dict[str, tuple[int, ...]] = {}
        self._by_pair: dict[str, tuple[int, ...]] = {}
        self._anywhere: list[int] = []
        for number, pattern in enumerate(patterns):
            heads = beginnings(pattern, signs)
            if heads is None:
                self._anywhere.append(number)
                continue
            for head in heads:
                if len(head) == 1:
                    self._by_letter[head] = (*self._by_letter.get(head, ()), number)
                elif head[0] not in heads:
                    self._by_pair[head] = (*self._by_pair.get(head, ()), number)

    def places(self, text: str) -> tuple[dict[int, list[int]], list[int]]:
        """The places to try by number of the pattern, in order; and the patterns that may begin anywhere."""
        found: dict[int, list[int]] = {}
        by_letter, by_pair = self._by_letter.get, self._by_pair.get
        before = ""
        for at, (letter, pair) in enumerate(zip(text, map(add, text, f"{text[1:]} "), strict=True)):
            inside, before = self._spaced and before.isalnum() and letter.isalnum(), letter
            if inside:
                continue
            for number in (*by_letter(letter, ()), *by_pair(pair, ())):
                if number in found:
                    found[number].append(at)
                else:
                    found[number] = [at]
        return found, self._anywhere


def _of_sequence(items: Iterable[Any], signs: Signs) -> Heads:
    heads = _EMPTY
    for operation, argument in items:
        if not any(map(_open, heads)):
            break
        heads = _joined(heads, _of_item(str(operation), argument, signs))
    return heads


def _open(head: tuple[str, bool]) -> bool:
    return not head[1] and len(head[0]) < _DEPTH


def _joined(heads: Heads, more: Heads) -> Heads:
    joined = {head for head in heads if not _open(head)}
    if ("", False) in heads:
        joined |= more
    begun = [letter for letter, anything in heads if letter and not anything and len(letter) < _DEPTH]
    if begun:
        seconds = {(text[:1], anything and not text) for text, anything in more}
        joined.update([(letter + second, anything) for letter in begun for second, anything in seconds])
    return frozenset(joined)


def _of_item(operation: str, argument: Any, signs: Signs) -> Heads:  # noqa: ANN401  # the parser's own trees
    if operation == "LITERAL":
        letter = chr(argument)
        return signs.get(letter) or frozenset([(letter, False)])
    if operation == "IN":
        return _of_class(tuple(argument))
    if operation == "BRANCH":
        return frozenset().union(*(_of_sequence(branch, signs) for branch in argument[1]))
    if operation == "SUBPATTERN":
        return _of_sequence(argument[-1], signs)
    if operation in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = argument
        return _of_repeat(least, most, _of_sequence(inner, signs))
    return _EMPTY if operation in ("ASSERT", "ASSERT_NOT", "AT") else _ANYTHING


def _of_repeat(least: int, most: int, one: Heads) -> Heads:
    heads, whole = (_EMPTY, _EMPTY) if not least else (frozenset[tuple[str, bool]](), _EMPTY)
    for count in range(1, min(most, _DEPTH) + 1):
        whole = _joined(whole, one)
        if count >= min(least, _DEPTH):
            heads |= whole
    return heads


@lru_cache(maxsize=5_000)
def _of_class(items: tuple[Any, ...]) -> Heads:
    letters: set[str] = set()
    for operation, argument in items:
        name = str(operation)
        if name == "LITERAL":
            letters.add(chr(argument))
        elif name == "RANGE" and argument[1] - argument[0] < _WIDE:
            letters.update(map(chr, range(argument[0], argument[1] + 1)))
        elif name == "CATEGORY" and str(argument) == "CATEGORY_DIGIT":
            letters |= _DIGITS  # normalised text has no others
        else:
            return _ANYTHING
    return frozenset((letter, False) for letter in letters)
