"""How a match of a pattern can begin: rules are tried only where their first letters stand in the reply."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

_MOST = 600
"""A pattern with more beginnings than this is looked at less closely."""
_WIDE = 400
"""A range of more letters than this says too little."""
_DIGITS = frozenset("0123456789")

Heads = frozenset[tuple[str, bool]]
"""Beginnings; True where anything may follow, False where the pattern (so far) ends there."""
Signs = Mapping[str, Heads]
NO_SIGNS: Signs = MappingProxyType({})
EMPTY: Heads = frozenset([("", False)])
ANYTHING: Heads = frozenset([("", True)])


def beginnings(pattern: str, signs: Signs = NO_SIGNS, depth: int = 2) -> frozenset[str] | None:
    """The letters, up to ``depth``, that every match of ``pattern`` begins with, None where that cannot be told.

    ``signs`` are letters that stand for longer patterns, with their beginnings.
    """
    heads = {head for head, _ in heads_of(pattern, signs, depth)}
    if "" in heads:
        return None
    return frozenset(head for head in heads if not any(head[:size] in heads for size in range(1, len(head))))


def guarded(pattern: str) -> str:
    """``pattern``, looked for only where one of its first letters stands: most places cost one step then.

    Raises re.error for a pattern that cannot be read.
    """
    letters = beginnings(pattern, depth=1)
    return pattern if letters is None else f"(?=[{''.join(map(re.escape, sorted(letters)))}])(?:{pattern})"


def compiled(pattern: str) -> re.Pattern[str]:
    """``pattern``, guarded and compiled; raises re.error."""
    return re.compile(guarded(pattern))


def heads_of(pattern: str, signs: Signs, depth: int) -> Heads:
    """The beginnings of ``pattern``, for use as a sign in other patterns."""
    items = parsed(pattern)
    return ANYTHING if items is None else _of_sequence(items, signs, depth)


@lru_cache(maxsize=4)
def parsed(pattern: str) -> Iterable[Any] | None:
    """The items of ``pattern``; None under a Python with another parser, where every place is tried."""
    try:
        items: Iterable[Any] = importlib.import_module("re._parser").parse(pattern)
    except (ImportError, AttributeError):
        return None
    return items


def _of_sequence(items: Iterable[Any], signs: Signs, depth: int) -> Heads:
    heads = EMPTY
    for operation, argument in items:
        if not any(_open(head, depth) for head in heads):
            break
        heads = followed(heads, heads_of_item(str(operation), argument, signs, depth), depth)
    return heads


def followed(heads: Heads, more: Heads, depth: int) -> Heads:
    """The beginnings of what begins like ``heads`` and goes on like ``more``."""
    return _few(_joined(heads, more, depth), depth)


def _open(head: tuple[str, bool], depth: int) -> bool:
    return not head[1] and len(head[0]) < depth


def _joined(heads: Heads, more: Heads, depth: int) -> Heads:
    joined = {head for head in heads if not _open(head, depth)}
    if ("", False) in heads:
        joined |= more
    for size in range(1, depth):
        begun = [head for head, anything in heads if len(head) == size and not anything]
        if begun:
            left = depth - size
            rests = {(text[:left], anything and len(text) < left) for text, anything in more}
            if len(begun) * len(rests) > _MOST:  # too many to tell apart
                joined.update([(head, True) for head in begun])
            else:
                joined.update([(head + rest, anything) for head in begun for rest, anything in rests])
    return frozenset(joined)


def _few(heads: Heads, depth: int) -> Heads:
    """``heads``, or shorter ones where they are too many."""
    for size in range(depth - 1, 0, -1):
        if len(heads) > _MOST:
            heads = frozenset((head[:size], anything or len(head) >= size) for head, anything in heads)
    return heads


def heads_of_item(operation: str, argument: Any, signs: Signs, depth: int) -> Heads:  # noqa: ANN401  # the parser's own trees
    """The beginnings of one item of a parsed pattern."""
    if operation == "LITERAL":
        letter = chr(argument)
        return signs.get(letter) or frozenset([(letter, False)])
    if operation == "IN":
        return _of_class(tuple(argument)) if signs is NO_SIGNS else _with_signs(tuple(argument), signs)
    if operation == "BRANCH":
        return _few(frozenset().union(*(_of_sequence(branch, signs, depth) for branch in argument[1])), depth)
    if operation == "SUBPATTERN":
        return _of_sequence(argument[-1], signs, depth)
    if operation in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = argument
        return _of_repeat(least, most, _of_sequence(inner, signs, depth), depth)
    return EMPTY if operation in ("ASSERT", "ASSERT_NOT", "AT") else ANYTHING


def _of_repeat(least: int, most: int, one: Heads, depth: int) -> Heads:
    heads, whole = (EMPTY, EMPTY) if not least else (frozenset[tuple[str, bool]](), EMPTY)
    for count in range(1, min(most, depth) + 1):
        whole = _joined(whole, one, depth)
        if count >= min(least, depth):
            heads |= whole
    return heads


def _with_signs(items: tuple[Any, ...], signs: Signs) -> Heads:
    """The class as the parser makes one of ``(?:a|b)``, where letters may be signs."""
    told = [signs[chr(argument)] for name, argument in items if str(name) == "LITERAL" and chr(argument) in signs]
    plain = tuple(item for item in items if str(item[0]) != "LITERAL" or chr(item[1]) not in signs)
    return _of_class(plain).union(*told)


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
            return ANYTHING
    return frozenset((letter, False) for letter in letters)
