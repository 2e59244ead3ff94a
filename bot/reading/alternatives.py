"""Alternatives that begin alike, written as one: ``ab|ac|d`` is ``a(?:b|c)|d``, which is tried in far fewer steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_SPECIAL = frozenset("\\.^$*+?{}[]()|")
_COUNTS = frozenset("*+?{")
_MARK = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|([()|])", re.DOTALL)
"""A letter that is escaped, a class of letters (a bracket that stands first is one of them), or a mark."""


def branches_of(pattern: str) -> list[str]:
    """The alternatives of ``pattern`` at its top: "a|(?:b|c)" has two."""
    branches, start, depth = [], 0, 0
    for at, mark in _marks(pattern):
        if mark != "|":
            depth += 1 if mark == "(" else -1
        elif depth == 0:
            branches.append(pattern[start:at])
            start = at + 1
    return [branch for branch in (*branches, pattern[start:]) if branch]


def group_at(pattern: str, start: int) -> str:
    """The group of ``pattern`` whose bracket opens at ``start``."""
    depth = 0
    for at, mark in _marks(pattern, start):
        if mark != "|":
            depth += 1 if mark == "(" else -1
            if depth == 0:
                return pattern[start : at + 1]
    return pattern[start:]


def _marks(pattern: str, start: int = 0) -> Iterator[tuple[int, str]]:
    """The brackets of groups and the bars between alternatives, with their places."""
    for match in _MARK.finditer(pattern, start):
        if match.lastindex:
            yield match.start(), match.group()


def factored(alternatives: Sequence[str]) -> str:
    """The alternatives as one pattern that matches the same, in the same order of preference.

    Only those that begin with a letter of their own are brought together: of two that begin with different letters
    one can match at a place at most, so that their order says nothing. No other alternative is passed.
    """
    done: list[str] = []
    waiting: dict[str, list[str]] = {}
    for alternative in alternatives:
        if letter := _letter(alternative):
            waiting.setdefault(letter, []).append(alternative[1:])
        else:
            done += [_joined(*item) for item in waiting.items()]
            done.append(alternative)
            waiting = {}
    return "|".join([*done, *(_joined(*item) for item in waiting.items())])


def _letter(alternative: str) -> str:
    """The letter that ``alternative`` begins with; "" where it may begin otherwise."""
    first, second = alternative[:1], alternative[1:2]
    return "" if first in _SPECIAL or second in _COUNTS else first


def _joined(letter: str, rests: Sequence[str]) -> str:
    if len(rests) == 1:
        return letter + rests[0]
    return f"{letter}(?:{factored(rests)})"
