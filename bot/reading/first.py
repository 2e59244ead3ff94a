"""The letters that a pattern can begin with: most rules need not be tried on most replies."""

from __future__ import annotations

import importlib
import re
from typing import Any

_MOST = 400
"""A class with more letters than this says too little."""
_DIGITS = frozenset("0123456789")


class _AnyError(Exception):
    """The pattern can begin with anything."""


def first_letters(pattern: str) -> frozenset[str] | None:
    """The letters that a match of ``pattern`` begins with, None where that cannot be told."""
    try:
        parser = importlib.import_module("re._parser")
        letters, empty = _of_sequence(list(parser.parse(pattern)))
    except (_AnyError, ImportError, AttributeError, ValueError, TypeError, re.error):
        return None
    return None if empty else frozenset(letters)


def _of_sequence(items: list[Any]) -> tuple[set[str], bool]:
    """Letters that the sequence begins with, and whether it can be empty."""
    letters: set[str] = set()
    for operation, argument in items:
        more, empty = _of_item(str(operation), argument)
        letters |= more
        if not empty:
            return letters, False
    return letters, True


def _of_item(operation: str, argument: Any) -> tuple[set[str], bool]:  # noqa: ANN401  # the parser's own trees
    if operation == "LITERAL":
        return {chr(argument)}, False
    if operation == "IN":
        return _of_class(argument), False
    if operation == "BRANCH":
        parts = [_of_sequence(list(branch)) for branch in argument[1]]
        return set().union(*(letters for letters, _ in parts)), any(empty for _, empty in parts)
    if operation == "SUBPATTERN":
        return _of_sequence(list(argument[-1]))
    if operation in ("MAX_REPEAT", "MIN_REPEAT"):
        letters, empty = _of_sequence(list(argument[2]))
        return letters, empty or argument[0] == 0
    if operation in ("ASSERT", "ASSERT_NOT", "AT"):
        return set(), True
    raise _AnyError


def _of_class(items: list[Any]) -> set[str]:
    letters: set[str] = set()
    for operation, argument in items:
        name = str(operation)
        if name == "LITERAL":
            letters.add(chr(argument))
        elif name == "RANGE" and argument[1] - argument[0] < _MOST:
            letters.update(map(chr, range(argument[0], argument[1] + 1)))
        elif name == "CATEGORY" and str(argument) == "CATEGORY_DIGIT":
            letters |= _DIGITS  # normalised text has no others
        else:
            raise _AnyError
    return letters
