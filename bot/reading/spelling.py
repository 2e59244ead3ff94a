"""One spelling for what is typed in many ways: textspeak (q, xq), Nepali in Latin letters (xaina, 6aina).

Each lexicon reads the reply in its own spelling; every place is told in the reply that all of them share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.reading.normalise import Normalised

if TYPE_CHECKING:
    from bot.reading.sign import Sign


class Spelling:
    """Rules that are applied one after the other: a pattern, and what is written for it."""

    def __init__(self, rules: Sequence[Sequence[str]]) -> None:
        self._rules = [(re.compile(pattern), written) for pattern, written in rules]

    def of(self, text: str) -> Normalised:
        """``text`` as this language spells it; its places are those of ``text``."""
        places = range(len(text))
        told = Normalised(text, tuple(places), tuple(place + 1 for place in places))
        for pattern, written in self._rules:
            told = told.rewrite(pattern, lambda match, written=written: match.expand(written))  # type: ignore[misc]
        return told

    def plain(self, text: str) -> str:
        """``text`` as this language spells it, where no places are needed."""
        for pattern, written in self._rules:
            text = pattern.sub(written, text)
        return text


def moved(sign: Sign, told: Normalised) -> Sign:
    """``sign``, found in ``told``, at its place in the reply that ``told`` was made of."""
    start, end = told.span(sign.start, sign.end)
    return replace(sign, start=start, end=end)
