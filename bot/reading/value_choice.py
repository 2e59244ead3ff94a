"""Which of several values counts: the monitored person's, the present one, the graver end of a range."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from bot.reading import value_words as words
from bot.reading import value_words_en as english
from bot.reading import value_words_ja as japanese
from bot.reading.no_value import PULSE
from bot.reading.value_told import Mark, Told

_NEARNESS = {Mark.NOW: 4, None: 3, Mark.JUST: 2, Mark.WAS: 1, Mark.ORIGIN: 0}
"""What is of now counts before what is told without a time, that before what was just so, before earlier, before where
it came from ("39.3 this morning from 38.1")."""
_FEVER, _LOW_SPO2 = 37.5, 95
_SOUND = 96
_LOOK_BACK = 60
_RANGE_ENDS = 2
_OF_THE_SAME_TIME = re.compile(r"3\d\.\d ?(?:度|°c)?[ 、,/・]$")
"""A temperature right before a saturation is of the same time: 昨日37.9/95."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its meaning: ``kind`` is "temperature" (degrees Celsius) or "spo2" (percent)."""

    kind: str
    number: float
    start: int
    end: int


def own_values(found: list[Value], told: Told) -> tuple[list[Value], bool]:
    """The values of the monitored person, and whether somebody ill was left out.

    Where all are of somebody else, that one is who is looked after, unless the writer tells of being well besides.
    """
    strangers = [value for value in found if told.whose(value) is Mark.STRANGERS]
    own = [value for value in found if told.whose(value) in (None, Mark.MINE)]
    others = [value for value in found if told.whose(value) is Mark.OTHERS]
    if (others or strangers) and told.patient_named():
        return [*others, *strangers], False
    if not (own or strangers or told.tells_of_me() or any(map(told.too, others))):
        return others, False
    return own, any(map(_ill, [*others, *strangers]))


def _ill(value: Value) -> bool:
    return value.number >= _FEVER if value.kind == "temperature" else value.number <= _LOW_SPO2


def decide(text: str, values: list[Value], told: Told, *, highest: bool) -> Value | None:
    """The latest value; of a range the graver end; usual and earlier values do not count beside a present one."""
    values = [value for value in values if not words.VAGUE_BEFORE.search(text[max(value.start - 20, 0) : value.start])]
    now = present(text, values, told)
    if now and _just_now(text, now, values[-1]):
        now = values[-1:]
    if now:
        values = now
    elif len(values) == 1 and re.search(
        r"今は|今日は|いまは|もう|now|today|ahora|(?<![a-z])hoy|ngayon|(?<![a-z]"
        r")(?:aja|aaja|ahile|aile|aba)|अहिले|आज",
        text[values[0].end :],
    ):
        return None
    if not values:
        return None
    values = [value for value in values if told.when(value) is not Mark.ORIGIN] or values
    if not highest and (lowest := [value for value in values if words.LOWEST.search(text[: value.start][-10:])]):
        return lowest[-1]
    values = values if highest else _without_pulse(text, values)
    graver = max if highest else min
    return graver(_together(text, values, listed=not highest), key=lambda value: value.number)


def present(text: str, values: list[Value], told: Told) -> list[Value]:
    """Those of ``values`` that are nearest to now: not of yesterday, earlier or taken back where others are not."""
    mended = {value.start for value, other in pairwise(values) if told.taken_back(value, other)}
    values = [value for value in values if value.start not in mended]
    near = [_nearness(text, value, told) for value in values]
    best = max(near, default=0)
    if best <= _NEARNESS[Mark.WAS]:
        return []
    kept = [value for value, how in zip(values, near, strict=True) if how == best]
    if best == _NEARNESS[Mark.NOW]:
        kept = [value for value in values if value in kept or any(_ranged(text, value, one) for one in kept)]
    return kept


def _ranged(text: str, one: Value, other: Value) -> bool:
    first, second = sorted((one, other), key=lambda value: value.start)
    gap = text[first.end : second.start]
    return ".." not in gap and bool(words.RANGE.fullmatch(gap))


def earlier(text: str, values: list[Value], now: Value, told: Told) -> list[Value]:
    """Those of ``values`` that are told of the time before ``now``."""
    return [
        value
        for value in values
        if value is not now
        and (_nearness(text, value, told) <= _NEARNESS[Mark.WAS] or words.ARROW.fullmatch(text[value.end : now.start]))
    ]


def _just_now(text: str, others: list[Value], last: Value) -> bool:
    """Whether the last value is that of a moment ago, after those of earlier parts of the day."""
    return (
        others[-1].start < last.start
        and bool(words.JUST_BEFORE.search(text[: last.start][-6:]))
        and all(words.PART_OF_DAY.search(text[: value.start][-8:]) for value in others)
    )


def _together(text: str, values: list[Value], *, listed: bool) -> list[Value]:
    """The last value and what stands with it: the other end of a range, and (``listed``) a list without order."""
    last = values[-1:]
    for value in reversed(values[:-1]):
        gap = text[value.end : last[0].start]
        ranged = bool(words.RANGE.fullmatch(gap)) and not _moved(text, gap, last[0]) and len(last) < _RANGE_ENDS
        sides = value.number <= _LOW_SPO2 and bool(japanese.SIDES.fullmatch(gap))
        if not ranged and not (listed and (sides or english.LIST.fullmatch(gap))):
            break
        last.insert(0, value)
    return last


def _moved(text: str, gap: str, later: Value) -> bool:
    """Whether the values on both sides of ``gap`` are no range but a change from one to the other."""
    return bool(words.ARROW.fullmatch(gap) or ("から" in gap and japanese.CHANGED_AFTER.match(text, later.end)))


def _without_pulse(text: str, values: list[Value]) -> list[Value]:
    """97と72: of two numbers side by side, the one that no saturation beside the other would be is the pulse."""
    if len(values) != 2 or not _side_by_side(text[values[0].end : values[1].start]):
        return values
    low, high = sorted(values, key=lambda value: value.number)
    return [high] if high.number >= _SOUND and low.number <= PULSE else values


def _side_by_side(gap: str) -> bool:
    return bool(words.BESIDE.fullmatch(gap) or japanese.SIDES.fullmatch(gap))


def _nearness(text: str, value: Value, told: Told) -> int:
    """How near to now ``value`` is told to be."""
    when = told.when(value)
    return _NEARNESS[Mark.WAS if when is None and _was(text, value) else when]


def _was(text: str, value: Value) -> bool:
    before = _OF_THE_SAME_TIME.sub("", text[max(value.start - 20, 0) : value.start])
    was = words.PAST_BEFORE.search(before) or words.NOT_BEFORE.search(before)
    return bool(was or japanese.MISTAKEN_AFTER.match(text, value.end))
