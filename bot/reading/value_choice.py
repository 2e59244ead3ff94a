"""Which of several values counts: the monitored person's, the present one, the graver end of a range."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.reading import value_words as words
from bot.reading import value_words_en as english
from bot.reading import value_words_ja as japanese
from bot.reading.no_value import PULSE

_FEVER, _LOW_SPO2 = 37.5, 95
_SOUND = 96
_LOOK_BACK = 60
_RANGE_ENDS = 2
_ALSO = re.compile(f"(?:{words.OTHER_PERSON.pattern})(?<=も)[^。、\\d]{{0,6}}$")
"""Somebody else who is ill too: 妻も37.9."""
_OF_THE_SAME_TIME = re.compile(r"3\d\.\d ?(?:度|°c)?[ 、,/・]$")
"""A temperature right before a saturation is of the same time: 昨日37.9/95."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its meaning: ``kind`` is "temperature" (degrees Celsius) or "spo2" (percent)."""

    kind: str
    number: float
    start: int
    end: int


def own_values(text: str, found: list[Value]) -> tuple[list[Value], bool]:
    """The values of the monitored person, and whether somebody else's were left out."""
    if any(words.STRANGER_NEAR.search(text[: value.start][-_LOOK_BACK:]) for value in found):
        found = [value for value in found if not words.STRANGER_NEAR.search(text[: value.start][-_LOOK_BACK:])]
        return found, True
    if len(found) < 2 and not _names_self(text):
        also = [value for value in found if _ALSO.search(text[max(value.start - _LOOK_BACK, 0) : value.start])]
        return ([], any(map(_ill, also))) if also else (found, False)
    owners = [_owner(text, value) for value in found]
    if "other" not in owners or not ("" in owners or words.SELF.search(text)):
        return found, False
    if words.PATIENT_OTHER.search(text):
        return [value for value, owner in zip(found, owners, strict=True) if owner == "other"], False
    own = [value for value, owner in zip(found, owners, strict=True) if owner != "other"]
    return own, any(_ill(value) for value, owner in zip(found, owners, strict=True) if owner == "other")


def _names_self(text: str) -> bool:
    """Whether the writer is named; 本人 after somebody else (母は36.8、本人は元気) is that other."""
    return any(
        match.group() != "本人" or not words.OTHER_PERSON.search(text, 0, match.start())
        for match in words.SELF.finditer(text)
    )


def _ill(value: Value) -> bool:
    return value.number >= _FEVER if value.kind == "temperature" else value.number <= _LOW_SPO2


def _owner(text: str, value: Value) -> str:
    """Who was named last before ``value``: "self", "other" or nobody ("")."""
    before = text[max(value.start - _LOOK_BACK, 0) : value.start]
    if words.OTHER_NEAR.search(before) and not english.ENGLISH.search(text):
        return "other"
    other = max((match.end() for match in words.OTHER_PERSON.finditer(before)), default=-1)
    own = max((match.end() for match in words.SELF.finditer(before)), default=-1)
    if own == other == -1:
        return ""
    return "self" if own > other else "other"


def decide(text: str, values: list[Value], *, highest: bool) -> Value | None:
    """The latest value; of a range the graver end; usual and earlier values do not count beside a present one."""
    values = [value for value in values if not words.VAGUE_BEFORE.search(text[max(value.start - 20, 0) : value.start])]
    now = present(text, values)
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
    if not highest and (lowest := [value for value in values if words.LOWEST.search(text[: value.start][-10:])]):
        return lowest[-1]
    values = values if highest else _without_pulse(text, values)
    graver = max if highest else min
    return graver(_together(text, values, listed=not highest), key=lambda value: value.number)


def present(text: str, values: list[Value]) -> list[Value]:
    """Those of ``values`` that are not of yesterday, earlier or taken back."""
    return [value for value in values if not _was(text, value)]


def earlier(text: str, values: list[Value], now: Value) -> list[Value]:
    """Those of ``values`` that are told of the time before ``now``."""
    return [
        value
        for value in values
        if value is not now and (_was(text, value) or words.ARROW.fullmatch(text[value.end : now.start]))
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


def _was(text: str, value: Value) -> bool:
    if english.NOW_AFTER.match(text, value.end):
        return False
    before = _OF_THE_SAME_TIME.sub("", text[max(value.start - 20, 0) : value.start])
    was = words.PAST_BEFORE.search(before) or english.FROM_BEFORE.search(before) or words.NOT_BEFORE.search(before)
    after = english.PAST_AFTER.match(text, value.end) or words.DAY_AFTER.match(text, value.end)
    return bool(was or after or japanese.MISTAKEN_AFTER.match(text, value.end))
