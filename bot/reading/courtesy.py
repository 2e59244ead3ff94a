"""Courtesy around a reply ("1 36.5 よろしくお願いします"): what is said besides must be read as if it stood alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.reading.alternatives import factored
from bot.reading.beginnings import guarded
from bot.reading.normalise import fold_pattern

_GAP = r"[\s。、,.!?~〜…:;・।]"
_EDGE = (
    rf"(?:^|(?<={_GAP})|(?<=[\dすたいんよねわだ요다])"
    r"|(?=よろしく|宜しく)|(?<!서)(?=감사|고맙))"
)
"""Where a courtesy may begin: after a pause, a number or the end of a sentence; some can only be one."""
_IDLE = re.compile(r"[\s。、,.…:;・।]+$")
"""What may be left over before a courtesy; a question mark is part of what is said."""
_LONGEST = 100
"""Characters at each end that are looked at."""


class Courtesy:
    """The polite phrases of all languages, at the beginning and at the end of a reply."""

    def __init__(self, phrases: Iterable[str]) -> None:
        told = factored(sorted(map(fold_pattern, phrases), key=len, reverse=True))
        self._end = re.compile(guarded(rf"(?:{_EDGE}(?:{told}){_GAP}*)+$")) if told else None
        self._start = re.compile(guarded(rf"(?:(?:{told})(?:{_GAP}+|(?=\d)))+")) if told else None

    def inside(self, text: str) -> tuple[int, int] | None:
        """The place in normalised ``text`` of what is said besides courtesy; None without courtesy or anything else."""
        if self._end is None or self._start is None:
            return None
        shift = max(len(text) - _LONGEST, 0)
        after = self._end.search(text[shift:])
        before = self._start.match(text[:_LONGEST])
        start, end = before.end() if before else 0, after.start() + shift if after else len(text)
        if idle := _IDLE.search(text[start:end]):
            end = start + idle.start()
        return (start, end) if start < end and (before or after) else None
