"""Whose each value is, and of when, by the words around it: "mine 95, hubby 98", "90 ahorita, salí con 97".

Words before a value speak of it, and so do those behind it up to the next break. Where no break stands between two
values, the words belong to the one behind them ("yesterday 38.5 today 37") or before them ("38.5 kahapon 37 ngayon")
as the other words of the reply do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from typing import Protocol

_SENTENCE_END = re.compile(r"[!?。\n]|\.(?!\d)")
_BREAK = re.compile(r"[,;!?。、\n:(]|\.(?!\d)| - ")
_LOOK_BACK, _LOOK_AHEAD = 60, 40
_EAST_ASIAN = re.compile("[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
"""Letters of languages that name the time first."""
_LABEL = 9
"""Characters behind a value that may stand around a mark which is its label: (98 po yung asawa ko)."""
_NEAR = 24
"""Characters between a stranger and the value."""
_ENDING = 3
"""Characters behind such a name: po, da, です."""
_AS_WELL = 6
"""Characters between somebody's name and the word that says they are ill as well."""
_GAP = re.compile(r"^[\s,.!?。、]+|[\s,.!?。、]+$")
_SAME_TIME = 8
"""Characters between two figures that were measured together (38.5 / 94)."""

Words = tuple[str, Mapping[str, re.Pattern[str]]]
"""The reply in the letters of one language, and for each mark the pattern of its words (``values`` of a lexicon)."""


class Mark(Enum):
    """What words say of a value."""

    MINE = "mine"
    OTHERS = "others"
    STRANGERS = "strangers"
    NOW = "now"
    JUST = "just"
    ORIGIN = "origin"
    WAS = "was"
    ALSO = "also"
    INSTEAD = "instead"
    ME = "me"
    PARTS = "parts"
    PATIENT = "patient"


WHOSE = (Mark.MINE, Mark.OTHERS, Mark.STRANGERS)
WHEN = (Mark.NOW, Mark.JUST, Mark.ORIGIN, Mark.WAS)


class Figure(Protocol):
    """A number in a reply."""

    @property
    def kind(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Told:
    """The marks of the values ``found`` in ``text``, by the ``words`` of its languages."""

    def __init__(self, text: str, found: Iterable[Figure], words: Sequence[Words]) -> None:
        self._text = text
        self._words = words
        values = sorted(found, key=lambda value: value.start)
        self._alone = len(values) == 1
        self._zones = self._zones_of(values) if values else {}
        self._whose: dict[int, Mark | None] = {}
        self._when: dict[int, Mark | None] = {}
        before: Figure | None = None
        for value in values:
            start = value.start
            self._whose[start] = self._mark(WHOSE, value) or (self._whose[before.start] if before else None)
            self._when[start] = self._mark(WHEN, value) or self._measured_with(before, value)
            before = value

    def whose(self, value: Figure) -> Mark | None:
        """Who was named for ``value``, or for those before it; None where nobody was."""
        return self._whose.get(value.start)

    def when(self, value: Figure) -> Mark | None:
        """Of when it is told to be; None where nothing is said."""
        return self._when.get(value.start)

    def too(self, value: Figure) -> bool:
        """Whether it is told of somebody who is ill as well ("my son has 38.5 too", 妻も37.9)."""
        before, (start, end) = self._zones[value.start]
        people = self._found((Mark.OTHERS,), *before)
        named = any(
            begin < at and at - until <= _AS_WELL
            for at, _, _ in self._found((Mark.ALSO,), *before)
            for begin, until, _ in people
        )
        behind = self._found((Mark.ALSO,), start, end)
        return named or any(at - start <= _LABEL and end - until <= _ENDING for at, until, _ in behind)

    def patient_named(self) -> bool:
        """Whether somebody else than the writer is said to be the one looked after."""
        return bool(self._found((Mark.PATIENT,), 0, len(self._text)))

    def tells_of_me(self) -> bool:
        """Whether the writer's own state is told of besides."""
        return bool(self._found((Mark.ME,), 0, len(self._text)))

    def taken_back(self, value: Figure, other: Figure) -> bool:
        """Whether ``other`` is told instead of ``value`` ("94 sorry no 96")."""
        gap = _GAP.sub("", self._text[value.end : other.start])
        return any(Mark.INSTEAD.value in words and words[Mark.INSTEAD.value].fullmatch(gap) for _, words in self._words)

    def _measured_with(self, before: Figure | None, value: Figure) -> Mark | None:
        if before is None or before.kind == value.kind or value.start - before.end > _SAME_TIME:
            return None
        return self._when[before.start]

    def _mark(self, marks: Sequence[Mark], value: Figure) -> Mark | None:
        """The mark of ``marks`` that stands last before ``value``, or is its label behind it."""
        before, (start, end) = self._zones[value.start]
        if (label := self._label(marks, start, end)) and (marks is WHEN or not self._alone):
            until, mark = label
            loose = marks is WHEN and not self._alone and not _EAST_ASIAN.search(self._text, start, end)
            near = end - until <= (_LABEL if loose else _ENDING)  # 36.3 先週は胸が痛かった: of the next clause
            if near or (loose and not self._found(marks, *before)):
                return mark
        found = self._found(marks, *before)
        told = [one for one in found if one[2] is not Mark.STRANGERS or before[1] - one[1] <= _NEAR]
        return max(told, key=lambda found: (found[1], -found[0]))[2] if told else None

    def _label(self, marks: Sequence[Mark], start: int, end: int) -> tuple[int, Mark] | None:
        """The mark whose words begin right behind a value, and where they end."""
        found = self._found(marks, start, end)
        at, until, mark = min(found, key=lambda found: (found[0], -found[1]), default=(end + _LABEL, end, Mark.WAS))
        return (until, mark) if at - start <= _LABEL and found else None

    def _found(self, marks: Sequence[Mark], start: int, end: int) -> list[tuple[int, int, Mark]]:
        """Every place between two others where words of ``marks`` stand: its beginning, its end, the mark."""
        return [
            (*match.span(), mark)
            for text, words in self._words
            for mark in marks
            if mark.value in words
            for match in words[mark.value].finditer(text, start, end)
        ]

    def _zones_of(self, values: Sequence[Figure]) -> dict[int, tuple[tuple[int, int], tuple[int, int]]]:
        """For each value the places of the words before it, and of those behind it."""
        first, last = values[0], values[-1]
        begin = max(first.start - _LOOK_BACK, 0)
        begin = max((match.end() for match in _SENTENCE_END.finditer(self._text, begin, first.start)), default=begin)
        tail = (last.end, self._until_break(last.end, min(last.end + _LOOK_AHEAD, len(self._text))))
        led = bool(self._found((*WHOSE, *WHEN), begin, first.start))
        cuts = [self._cut(one.end, other.start, tail, led=led) for one, other in pairwise(values)]
        return {
            value.start: ((start, value.start), (value.end, end))
            for value, start, end in zip(values, [begin, *cuts], [*cuts, tail[1]], strict=True)
        }

    def _until_break(self, start: int, end: int) -> int:
        return min(self._breaks(start + (self._text[start : start + 1] == "("), end), default=end)

    def _breaks(self, start: int, end: int) -> list[int]:
        places = [match.start() for match in _BREAK.finditer(self._text, start, end)]
        return places + [until for _, until, _ in self._found((Mark.PARTS,), start, end)]

    def _cut(self, start: int, end: int, tail: tuple[int, int], *, led: bool) -> int:
        """Where the words behind one value end, and those before the next begin.

        Where no break tells, they stand before the values as the first words do (``led``), or behind them as the last.
        """
        if places := self._breaks(start, end):
            return min(places)
        if origin := self._found((Mark.ORIGIN,), start, end):  # down to 90 from 97
            return origin[0][0]
        gap = self._found((*WHOSE, *WHEN), start, end)
        if led or not gap:
            return start
        last = self._found((*WHOSE, *WHEN), *tail)
        kinds = {mark for _, _, mark in gap}
        if last and last[0][2] not in kinds:
            return max(until for _, until, mark in gap if mark is gap[0][2])
        behind = kinds == {Mark.WAS} and not last and not _EAST_ASIAN.search(self._text, start, end)
        return end if behind else start
