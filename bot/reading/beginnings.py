"""How a match of a pattern can begin: rules are tried only where their first two letters stand in the reply."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

_DEPTH = 2
_MOST = 4_000
"""A pattern with more beginnings than this is indexed by its first letter alone."""
_WIDE = 400
"""A range of more letters than this says too little."""
_DIGITS = frozenset("0123456789")

Heads = frozenset[tuple[str, bool]]
"""Beginnings; True where anything may follow, False where the pattern (so far) ends there."""
_EMPTY: Heads = frozenset([("", False)])
_ANYTHING: Heads = frozenset([("", True)])


def beginnings(pattern: str) -> frozenset[str] | None:
    """The one or two letters that every match of ``pattern`` begins with, None where that cannot be told."""
    try:
        items = list(importlib.import_module("re._parser").parse(pattern))
    except (ImportError, AttributeError):  # another Python with another parser: every place is tried
        return None
    for depth in (_DEPTH, 1):
        heads = _of_sequence(items, depth)
        if ("", True) in heads or ("", False) in heads:
            return None
        if len(heads) <= _MOST:
            return frozenset(head for head, _ in heads)
    return None


class Index:
    """For the places of a text, the patterns that can begin there; in ``spaced`` languages only where a word begins."""

    def __init__(self, patterns: Sequence[str], *, spaced: bool = False) -> None:
        self._spaced = spaced
        self._by_head: dict[str, tuple[int, ...]] = {}
        self._anywhere: list[int] = []
        for number, pattern in enumerate(patterns):
            heads = beginnings(pattern)
            if heads is None:
                self._anywhere.append(number)
            for head in heads or ():
                self._by_head[head] = (*self._by_head.get(head, ()), number)

    def places(self, text: str) -> tuple[dict[int, list[int]], list[int]]:
        """The places to try by number of the pattern, in order; and the patterns that may begin anywhere."""
        found: dict[int, list[int]] = {}
        known, size = self._by_head, len(text)
        for at in range(size):
            if self._spaced and at and text[at].isalnum() and text[at - 1].isalnum():
                continue
            for head in (text[at], text[at : at + 2]) if at + 1 < size else (text[at],):
                for number in known.get(head, ()):
                    places = found.setdefault(number, [])
                    if not places or places[-1] != at:
                        places.append(at)
        return found, self._anywhere


def _of_sequence(items: Iterable[Any], depth: int) -> Heads:
    heads = _EMPTY
    for operation, argument in items:
        if not any(_open(head, depth) for head in heads):
            break
        heads = _joined(heads, _of_item(str(operation), argument, depth), depth)
        if len(heads) > _MOST * 4:
            return frozenset((head[:1], True) for head, _ in heads)
    return heads


def _open(head: tuple[str, bool], depth: int) -> bool:
    return not head[1] and len(head[0]) < depth


def _joined(heads: Heads, more: Heads, depth: int) -> Heads:
    joined: set[tuple[str, bool]] = set()
    for head in heads:
        if _open(head, depth):
            joined.update(((head[0] + text)[:depth], anything) for text, anything in more)
        else:
            joined.add(head)
    return frozenset(joined)


def _of_item(operation: str, argument: Any, depth: int) -> Heads:  # noqa: ANN401  # the parser's own trees
    if operation == "LITERAL":
        return frozenset([(chr(argument), False)])
    if operation == "IN":
        return _of_class(tuple(argument))
    if operation == "BRANCH":
        return frozenset().union(*(_of_sequence(branch, depth) for branch in argument[1]))
    if operation == "SUBPATTERN":
        return _of_sequence(argument[-1], depth)
    if operation in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = argument
        return _of_repeat(least, most, inner, depth)
    return _EMPTY if operation in ("ASSERT", "ASSERT_NOT", "AT") else _ANYTHING


def _of_repeat(least: int, most: int, items: Any, depth: int) -> Heads:  # noqa: ANN401
    one = _of_sequence(items, depth)
    heads, whole = (_EMPTY, _EMPTY) if not least else (frozenset[tuple[str, bool]](), _EMPTY)
    for count in range(1, min(most, depth) + 1):
        whole = _joined(whole, one, depth)
        if count >= min(least, depth):
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
