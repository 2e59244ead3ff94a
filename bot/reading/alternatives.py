"""Alternatives that begin alike, written as one: ``ab|ac|d`` is ``a(?:b|c)|d``, which is tried in far fewer steps."""

from __future__ import annotations

from collections.abc import Sequence

_SPECIAL = frozenset("\\.^$*+?{}[]()|")
_COUNTS = frozenset("*+?{")


def branches_of(pattern: str) -> list[str]:
    """The alternatives of ``pattern`` at its top: "a|(?:b|c)" has two."""
    branches, start, depth, in_class, at = [], 0, 0, False, 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
        elif in_class:
            in_class = letter != "]"
        elif letter == "[":
            in_class = True
            at += 1 + (pattern[at + 1 : at + 2] == "^")  # a bracket that stands first is a letter of the class
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "|" and depth == 0:
            branches.append(pattern[start:at])
            start = at + 1
        at += 1
    return [branch for branch in (*branches, pattern[start:]) if branch]


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
