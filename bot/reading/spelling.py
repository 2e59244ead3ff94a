"""One spelling for what is typed in many ways: textspeak (q, xq), Nepali in Latin letters (xaina, 6aina).

Each lexicon reads the reply in its own spelling; every place is told in the reply that all of them share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from bot.reading.alternatives import factored
from bot.reading.beginnings import beginnings
from bot.reading.normalise import Normalised, as_it_is

if TYPE_CHECKING:
    from bot.reading.sign import Sign

DEVANAGARI = "devanagari"
"""The rule that writes Devanagari in Latin letters, as they are typed on a phone."""
_LATIN = "k kh g gh ng ch ch j jh n t th d dh n t th d dh n p f b bh m y r l b s s s h", "a a i i u u e ai o au ri"
_CONSONANTS = dict(zip("कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह", _LATIN[0].split(), strict=True))
_VOWELS = dict(zip("अआइईउऊएऐओऔऋ", _LATIN[1].split(), strict=True))
_SIGNS = dict(zip("ािीुूेैोौृ", _LATIN[1].split()[1:], strict=True))
_VIRAMA = "्"
_LETTER = re.compile(
    f"(?P<consonant>[{''.join(_CONSONANTS)}])(?P<sign>[{''.join(_SIGNS)}{_VIRAMA}])?|[{''.join(_VOWELS)}]"
)
_WORD_GOES_ON = re.compile("[ऀ-ॿ]")
_SPOKEN_AFTER = ("े", "ै")


_KEPT = 16
"""Texts whose spelling is kept: each part of the reader asks for the same reply and the same pieces of it."""
_LETTERS = 3
"""Letters by which rules are found."""


class Spelling:
    """Rules that are applied one after the other: a pattern, and what is written for it."""

    def __init__(self, rules: Sequence[Sequence[str] | str]) -> None:
        told = [rule for rule in rules if not isinstance(rule, str)]
        self._rules = [(re.compile(rule[0]), rule[1]) for rule in told]
        by_head: dict[str, list[int]] = {}
        self._always: list[int] = []
        for number, rule in enumerate(told):
            begun = beginnings(rule[0], depth=_LETTERS)
            for where in [self._always] if begun is None else [by_head.setdefault(head, []) for head in begun]:
                where.append(number)
        self._devanagari = DEVANAGARI in rules
        heads = factored([re.escape(head) for head in sorted(by_head, reverse=True)])  # the longer ones first
        self._heads = re.compile(f"(?=({heads}))") if heads else None
        self._by_head = {
            head: [number for size in range(len(head)) for number in by_head.get(head[: size + 1], ())]
            for head in by_head
        }
        self.of = lru_cache(maxsize=_KEPT)(self._spell)
        """A text as this language spells it; its places are those of the text."""

    def plain(self, text: str) -> str:
        """``text`` as this language spells it, where no places are needed."""
        return self.of(text).text

    def _spell(self, text: str) -> Normalised:
        told = as_it_is(text)
        if self._devanagari:
            told = told.rewrite(_LETTER, _in_latin)
        waiting = self._candidates(told.text)
        while waiting:
            number = waiting.pop()
            pattern, written = self._rules[number]
            if not pattern.search(told.text):
                continue
            after = told.rewrite(pattern, partial(_expanded, written))
            if after is not told:
                told = after
                waiting = [later for later in self._candidates(told.text) if later > number]
        return told

    def _candidates(self, text: str) -> list[int]:
        """The rules whose first letters stand in ``text``, the last one first."""
        heads = {*self._heads.findall(text)} if self._heads else ()
        return sorted({*self._always, *(number for head in heads for number in self._by_head[head])}, reverse=True)


def _expanded(written: str, match: re.Match[str]) -> str:
    return match.expand(written)


def _in_latin(match: re.Match[str]) -> str:
    """One letter with its vowel; the vowel that is not written is silent at the end of a word (दिन is din).

    It is spoken in words of one letter (म is ma) and in the endings of verbs (छैन is chaina, गरेर is garera).
    """
    if match["consonant"] is None:
        return _VOWELS[match.group()]
    letter, sign = _CONSONANTS[match["consonant"]], match["sign"]
    if sign:
        return letter + _SIGNS.get(sign, "")
    if _WORD_GOES_ON.match(match.string, match.end()):
        return letter + "a"
    before = match.string[match.start() - 1 : match.start()]
    spoken = not _WORD_GOES_ON.match(before) or (letter in "rn" and before in _SPOKEN_AFTER)
    return letter + ("a" if spoken else "")


def moved(sign: Sign, told: Normalised) -> Sign:
    """``sign``, found in ``told``, at its place in the reply that ``told`` was made of."""
    return sign.at(*told.span(sign.start, sign.end))
