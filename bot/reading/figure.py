"""Words of danger that tell of no illness: of a thing (木が倒れた), of a colour from outside (アイスで唇が紫)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.reading.sign import Sign

_COLOURS = frozenset({"cyanosis", "pale", "hemoptysis"})
_BODY = re.compile("[息胸唇爪顔脈心血]|意識|むね|くちびる|みゃく")
"""A sign that names its own part of the body is no thing's."""
_BACK = 30
"""Characters before a sign in which the thing stands that it tells of."""

Patterns = Mapping[str, re.Pattern[str]]


def of_thing(sign: Sign, text: str, place: tuple[int, int], scope: Patterns) -> bool:
    """Whether a thing or an animal is what ``sign`` tells of; ``place`` is where its sentence begins and may end."""
    if sign.kind not in ("red_flags", "dangers"):
        return False
    after, before, animal = scope.get("thing_after"), scope.get("thing_before"), scope.get("animal_before")
    if after and after.match(text, sign.end, place[1]):
        return True
    head = text[max(place[0], sign.start - _BACK) : sign.start]
    if animal and animal.search(head):
        return True
    if before is None or sign.code in _COLOURS or _BODY.search(text, sign.start, sign.end):
        return False
    return before.search(head) is not None


def of_colour(sign: Sign, text: str, start: int, end: int, scope: Patterns) -> bool:
    """Whether the sentence ``text[start:end]`` says what else coloured lips, face or phlegm, without a doubt."""
    cause, ill = scope.get("colour_from"), scope.get("colour_ill")
    if cause is None or sign.code not in _COLOURS or not cause.search(text, start, end):
        return False
    return ill is None or not ill.search(text, start, end)
