"""Numbers that are no value: asked about, feared or hoped for, the room's, a pulse or a blood pressure."""

from __future__ import annotations

import re

from bot.domain.reading import Context
from bot.reading import value_words as words
from bot.reading import value_words_en as english
from bot.reading import value_words_ja as japanese

PULSE = 84
"""No saturation beside a sound one is as low as this: the number is the pulse."""

_ASKED_EN = re.compile(r"[^.!\n]{0,24}\?\W*$")
_ASKED_JA = re.compile(r"[^。\n]{0,5}(?:\?|か(?=$|。))")
_ASKS = re.compile(r"か(?=$|。|\n|\?|、)|\?|教えて|たら|れば|場合")


def supposed(text: str, match: re.Match[str]) -> bool:
    """Whether the number is asked about, feared, hoped for, or measures no body."""
    start = match.start()
    end = match.start("vague") if match["vague"] else match.end()
    return bool(
        words.SUPPOSED_AFTER.match(text, end)
        or (english.ASKED_BEFORE.search(text[max(start - 16, 0) : start]) and _ASKED_EN.match(text, end))
        or ("何度" in text[:start][-24:] and _ASKED_JA.match(text, end))
        or japanese.of_something_else(text, start, end)
        or (words.SUPPOSED_BEFORE.search(text[max(start - 20, 0) : start]) and _ASKS.search(text, end))
    )


def vague_degrees(text: str, match: re.Match[str]) -> float | None:
    """The least degrees of a temperature told without a value: 37.0 of 37度台, 37.9 of 38度近く and 38度まではない."""
    degrees = match["degree"] or match["decimal"] or match["two"]
    if not degrees or supposed(text, match):
        return None
    if japanese.denied(text, match.end()):
        return float(degrees) - 0.1
    after = japanese.VAGUE_AFTER.match(text, match.end()) if match["two"] else None
    vague = after["vague"] if after else match["vague"] or (match["vague2"] or "").strip(" 歳")
    if not vague:
        return None
    return float(degrees) - 0.1 if japanese.BELOW.match(vague) else float(degrees)


def of_pulse(text: str, match: re.Match[str], context: Context, *, listed: bool) -> bool:
    """Whether the number is a pulse, a blood pressure or a weight; the upper figure of an oximeter is none."""
    start, end = match.span()
    before = text[max(start - 16, 0) : start]
    if words.PULSE_BEFORE.search(before):
        tenths = bool(match["decimal"] or match["degree"]) and "体重" not in before and "体脂" not in before
        upper = context is Context.SPO2 and japanese.UPPER.search(before) and int(match["two"] or 0) > PULSE
        if not tenths and not upper:
            return True
    return bool(words.PULSE_AFTER.match(text, end)) and not listed


def odd(text: str, match: re.Match[str]) -> bool:
    """Whether a number that became no value is called an oxygen level or a temperature."""
    plain = match["three"] or match["two"]
    if not plain or words.UNIT_AFTER.match(text, match.end()):
        return False
    before = text[max(match.start() - 24, 0) : match.start()]
    return bool(words.SPO2_BEFORE.search(before) or words.TEMP_BEFORE.search(before)) and int(plain) not in (37, 38, 39)
