"""How a pattern of the lexicon is written: ``<word>`` stands for a vocabulary, ``~`` for a gap inside the clause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.reading.alternatives import branches_of, factored
from bot.reading.beginnings import Heads, heads_of
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
        self._briefs: dict[str, str] = {}
        self._gap_heads = _GAP_HEADS[spaced]
        for number, (name, items) in enumerate(data.items()):
            patterns = lines(items)
            sign = chr(_SIGNS + number)
            self._words[name] = f"(?:{factored([self.expand(one) for line in patterns for one in branches_of(line)])})"
            self._briefs[sign] = self.brief_of(patterns)
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

    def heads(self, depth: int) -> Mapping[str, Heads]:
        """What the signs in a brief pattern begin with, up to ``depth`` letters; found out when they are asked for."""
        return _SignHeads(self._briefs, dict.fromkeys(self._gaps, self._gap_heads), depth)

    def brief(self, pattern: str) -> str:
        """``pattern`` with a sign for each vocabulary and gap; quick to take apart."""
        return _WORD.sub(lambda match: self._signs[match.group(1)], _folded(pattern))

    def brief_of(self, patterns: Sequence[str]) -> str:
        """Several of them as one."""
        return "|".join(map(self.brief, patterns))


class _SignHeads(Mapping[str, Heads]):
    def __init__(self, briefs: Mapping[str, str], known: dict[str, Heads], depth: int) -> None:
        self._briefs = briefs
        self._known = known
        self._depth = depth

    def __getitem__(self, sign: str) -> Heads:
        if sign not in self._known:
            self._known[sign] = heads_of(self._briefs[sign], self, self._depth)
        return self._known[sign]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._briefs})

    def __len__(self) -> int:
        return len({**self._known, **self._briefs})


def lines(items: str | Sequence[str]) -> list[str]:
    """A list of patterns, or one text with a pattern per line."""
    patterns = items.split("\n") if isinstance(items, str) else [str(item) for item in items]
    return [pattern.strip() for pattern in patterns if pattern.strip()]


def _folded(pattern: str) -> str:
    return fold_pattern(pattern).replace("~~", _LONG).replace("~", _SHORT)
