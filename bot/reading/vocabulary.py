"""How a pattern of the lexicon is written: ``<word>`` stands for a vocabulary, ``~`` for a gap inside the clause."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.reading.beginnings import Heads, depth_of, heads_of
from bot.reading.normalise import fold_pattern

_WORD = re.compile(r"<([a-z_]+)>")
_SHORT, _LONG = "\x02", "\x01"
_GAPS = {
    True: {_SHORT: r"(?:(?: [^\s.;!?,]+){0,2} )", _LONG: r"(?:(?: [^\s.;!?]+){0,5} )"},
    False: {_SHORT: r"(?:[^。.!?\n、,]{0,5}?)", _LONG: r"(?:[^。!?\n]{0,12}?)"},
}
_GAP_HEADS: Mapping[bool, Heads] = {True: frozenset([(" ", True)]), False: frozenset([("", False), ("", True)])}
_SIGNS = 0xF0000
"""The first of the letters that stand for vocabularies while beginnings are looked for; nobody types them."""


class Vocabulary:
    """The ``words`` of one lexicon; ``spaced`` languages put white space between words."""

    def __init__(self, data: Mapping[str, Any], *, spaced: bool) -> None:
        self._gaps = _GAPS[spaced]
        self._words: dict[str, str] = {}
        self._signs: dict[str, str] = {}
        self.heads: dict[str, Heads] = dict.fromkeys(self._gaps, _GAP_HEADS[spaced])
        """What the signs in a brief pattern begin with."""
        for number, (name, items) in enumerate(data.items()):
            patterns = lines(items)
            sign = chr(_SIGNS + number)
            self._words[name] = f"(?:{'|'.join(map(self.expand, patterns))})"
            self.heads[sign] = heads_of("|".join(map(self.brief, patterns)), self.heads, depth_of(spaced=spaced))
            self._signs[name] = sign

    def expand(self, pattern: str) -> str:
        """The regular expression that ``pattern`` stands for; raises ValueError for an unknown vocabulary."""
        pattern = _WORD.sub(lambda match: self._word(match.group(1)), _folded(pattern))
        for sign, gap in self._gaps.items():
            pattern = pattern.replace(sign, gap)
        return pattern

    def _word(self, name: str) -> str:
        if name not in self._words:
            raise ValueError(f"<{name}> is no vocabulary, or is used before it is written")
        return self._words[name]

    def brief(self, pattern: str) -> str:
        """``pattern`` with a sign for each vocabulary and gap; quick to take apart."""
        return _WORD.sub(lambda match: self._signs[match.group(1)], _folded(pattern))


def lines(items: str | Sequence[str]) -> list[str]:
    """A list of patterns, or one text with a pattern per line."""
    patterns = items.split("\n") if isinstance(items, str) else [str(item) for item in items]
    return [pattern.strip() for pattern in patterns if pattern.strip()]


def _folded(pattern: str) -> str:
    return fold_pattern(pattern).replace("~~", _LONG).replace("~", _SHORT)


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
