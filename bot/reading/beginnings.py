"""How a match of a pattern can begin: rules are tried only where their first letters stand in the reply."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import compress
from operator import add
from types import MappingProxyType
from typing import Any, Generic, TypeVar

_MOST = 600
"""A pattern with more beginnings than this is looked at less closely."""
_WIDE = 400
"""A range of more letters than this says too little."""
_DIGITS = frozenset("0123456789")
_BEGIN = re.compile(r"(?<![^\W_])[^\W_]|[\W_]")
"""The places of a text that are not between two letters or digits."""
_FIRST = 2
_DEEP = {True: 6, False: 4}
"""Letters that are looked at in the end: more in alphabets than where there are thousands of letters."""
_TEXTS = 8
"""Texts whose letters are kept: idioms and rules of each language look at the same ones."""
_KEPT = 20_000
"""Letters for which is kept what can begin with them."""

Heads = frozenset[tuple[str, bool]]
"""Beginnings; True where anything may follow, False where the pattern (so far) ends there."""
Signs = Mapping[str, Heads]
_NO_SIGNS: Signs = MappingProxyType({})
_EMPTY: Heads = frozenset([("", False)])
_ANYTHING: Heads = frozenset([("", True)])


def beginnings(pattern: str, signs: Signs = _NO_SIGNS, depth: int = 2) -> frozenset[str] | None:
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
    try:
        items = importlib.import_module("re._parser").parse(pattern)
    except (ImportError, AttributeError):  # another Python with another parser: every place is tried
        return _ANYTHING
    return _of_sequence(items, signs, depth)


Item = TypeVar("Item")


class Index(Generic[Item]):
    """For the places of a text, the items whose patterns can begin there; in ``spaced`` languages where words begin.

    ``patterns[i]`` is that of ``items[i]``; ``signs`` gives the beginnings of signs for a depth. At first two letters
    of a pattern are known, once it is ``deepened`` three or four; what goes on with the letters of a place is kept when
    a reply first brings them.
    """

    def __init__(
        self,
        items: Sequence[Item],
        patterns: Sequence[str],
        signs: Callable[[int], Signs] = lambda _: _NO_SIGNS,
        *,
        spaced: bool = False,
    ) -> None:
        self.items = items
        self._spaced = spaced
        self._patterns = patterns
        self._depth = _DEEP[spaced]
        self._signs = signs(self._depth)
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
        self._deep: _Deep[Item] = _Deep(self._find_out)
        self._heads: list[str | None] | None = None
        """For each pattern its further beginnings, each between two line ends: a sixth of the memory of sets."""

    def deepen(self) -> None:
        """Find out the further letters of each pattern, which takes a while; fewer patterns are tried from then on."""
        if self._heads is None:
            self._heads = [_told(beginnings(pattern, self._signs, self._depth)) for pattern in self._patterns]

    def places(self, text: str) -> Iterator[tuple[int, tuple[Item, ...]]]:
        """For each place of ``text`` where patterns can begin the items, in order."""
        begins, pieces = (_words if self._spaced else _pieces)(text, self._depth)
        found = [*map(self._deep.__getitem__, pieces)]
        return compress(zip(begins, found, strict=True), found)

    def _find_out(self, letters: str) -> tuple[Item, ...]:
        numbers = self._numbers.get(letters[:_FIRST]) or self._numbers.get(letters[0]) or self.anywhere
        if self._heads is None:
            return tuple([self.items[number] for number in numbers])
        starts = [f"\n{letters[:size]}\n" for size in range(1, len(letters) + 1)]
        deep = tuple([self.items[number] for number in numbers if not _misses(self._heads[number], starts)])
        if len(self._deep) >= _KEPT:
            self._deep.clear()
        self._deep[letters] = deep
        return deep


class _Deep(dict[str, tuple[Item, ...]]):
    """What can begin with the letters of a place; asked for others it finds out."""

    def __init__(self, find_out: Callable[[str], tuple[Item, ...]]) -> None:
        self._find_out = find_out

    def __missing__(self, letters: str) -> tuple[Item, ...]:
        return self._find_out(letters)


def _told(heads: frozenset[str] | None) -> str | None:
    return None if heads is None else "\n".join(["", *sorted(heads), ""])


def _misses(heads: str | None, starts: Sequence[str]) -> bool:
    return heads is not None and not any(start in heads for start in starts)


@lru_cache(maxsize=_TEXTS)
def _words(text: str, size: int) -> tuple[Sequence[int], list[str]]:
    """The places where a word can begin, with the ``size`` letters there."""
    padded = text + " " * size
    begins = [match.start() for match in _BEGIN.finditer(text)]
    return begins, [padded[at : at + size] for at in begins]


@lru_cache(maxsize=_TEXTS)
def _pieces(text: str, size: int) -> tuple[Sequence[int], list[str]]:
    """All places of ``text``, with the ``size`` letters at each; after its end there is white space."""
    pieces: Iterable[str] = text
    for shift in range(1, size):
        pieces = map(add, pieces, f"{text[shift:]}{' ' * shift}")
    return range(len(text)), [*pieces]


def _all_at(head: str, by_head: Mapping[str, list[int]], anywhere: list[int]) -> tuple[int, ...]:
    shorter = (number for size in range(1, len(head) + 1) for number in by_head.get(head[:size], ()))
    return tuple(sorted({*shorter, *anywhere}))


def _of_sequence(items: Iterable[Any], signs: Signs, depth: int) -> Heads:
    heads = _EMPTY
    for operation, argument in items:
        if not any(_open(head, depth) for head in heads):
            break
        heads = _few(_joined(heads, _of_item(str(operation), argument, signs, depth), depth), depth)
    return heads


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


def _of_item(operation: str, argument: Any, signs: Signs, depth: int) -> Heads:  # noqa: ANN401  # the parser's own trees
    if operation == "LITERAL":
        letter = chr(argument)
        return signs.get(letter) or frozenset([(letter, False)])
    if operation == "IN":
        return _with_signs(tuple(argument), signs) if signs else _of_class(tuple(argument))
    if operation == "BRANCH":
        return _few(frozenset().union(*(_of_sequence(branch, signs, depth) for branch in argument[1])), depth)
    if operation == "SUBPATTERN":
        return _of_sequence(argument[-1], signs, depth)
    if operation in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = argument
        return _of_repeat(least, most, _of_sequence(inner, signs, depth), depth)
    return _EMPTY if operation in ("ASSERT", "ASSERT_NOT", "AT") else _ANYTHING


def _of_repeat(least: int, most: int, one: Heads, depth: int) -> Heads:
    heads, whole = (_EMPTY, _EMPTY) if not least else (frozenset[tuple[str, bool]](), _EMPTY)
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
            return _ANYTHING
    return frozenset((letter, False) for letter in letters)
