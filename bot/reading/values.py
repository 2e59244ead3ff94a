"""Temperature and oxygen saturation as people type them, and the menu digit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.reading import Context
from bot.reading import value_words as words
from bot.reading import value_words_en as english
from bot.reading.numbers_ja import digit_of

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 33.0, 43.0
LOWEST_SPO2, HIGHEST_SPO2 = 50, 100
_FEVER, _LOW_SPO2 = 37.5, 95
_SOUND, _PULSE = 96, 84

_ASKED_EN = re.compile(r"[^.!\n]{0,24}\?\W*$")
_ASKS = re.compile(r"か(?=$|。|\n|\?|、)|\?|教えて|たら|れば|場合")
_LOOK_BACK = 60
_MOST_VALUES = 40
_RANGE_ENDS = 2


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its meaning: ``kind`` is "temperature" (degrees Celsius) or "spo2" (percent)."""

    kind: str
    number: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Values:
    """What the reply states; ``spans`` are the places of all numbers that were understood."""

    temperature: Value | None
    spo2: Value | None
    spans: tuple[tuple[int, int], ...]
    of_others: bool = False
    odd: bool = False
    """Whether a number stands where a value would and can be no body's (45.2, an oxygen of 30)."""


def read_values(text: str, context: Context, menu_end: int) -> Values:
    """The values in normalised ``text``; ``menu_end`` is where a leading menu digit ends."""
    spans: list[tuple[int, int]] = []
    found: list[Value] = []
    odd = False
    if short := _short_decimal(text, context):
        return Values(short, None, ((short.start, short.end),))
    for match in words.NUMBER.finditer(text):
        if match.end() <= menu_end or len(spans) >= _MOST_VALUES:
            continue
        value = _value(text, match, context, found)
        if value is None:
            odd = odd or _odd(text, match)
            continue
        spans.append((value.start, value.end))
        if LOWEST_TEMPERATURE <= value.number <= HIGHEST_TEMPERATURE or value.kind == "spo2":
            found.append(value)
        else:
            odd = True
    odd = odd or bool(words.ODD.search(text))
    own, others = _own(text, found)
    return Values(
        _decide(text, [value for value in own if value.kind == "temperature"], highest=True),
        _decide(text, [value for value in own if value.kind == "spo2"], highest=False),
        tuple(spans),
        others,
        odd and not found,
    )


def _short_decimal(text: str, context: Context) -> Value | None:
    """7.3 for 37.3, where it is the whole answer."""
    match = words.SHORT_DECIMAL.fullmatch(text) if context in (Context.TEMPERATURE, Context.DAILY) else None
    if match is None:
        return None
    one, tenth = (digit_of(match[name]) for name in ("one", "tenth"))
    return Value("temperature", 30 + one + tenth / 10, match.start("one"), match.end("tenth"))


def _odd(text: str, match: re.Match[str]) -> bool:
    """Whether a number that became no value is called an oxygen level or a temperature."""
    plain = match["three"] or match["two"]
    if not plain or words.UNIT_AFTER.match(text, match.end()):
        return False
    before = text[max(match.start() - 24, 0) : match.start()]
    return bool(words.SPO2_BEFORE.search(before) or words.TEMP_BEFORE.search(before)) and int(plain) not in (37, 38, 39)


def _value(text: str, match: re.Match[str], context: Context, found: list[Value]) -> Value | None:
    start, end = match.span()
    before = text[max(start - 16, 0) : start]
    listed = context is Context.SPO2 and text[end : end + 1] in ("/", "の")
    if (
        words.SUPPOSED_AFTER.match(text, end)
        or (english.ASKED_BEFORE.search(before) and _ASKED_EN.match(text, end))
        or ("何度" in before + text[:start][-24:] and "?" in text[end : end + 6])
        or (words.SUPPOSED_BEFORE.search(text[max(start - 20, 0) : start]) and _ASKS.search(text, end))
    ):
        return None
    listed = listed or bool(match["decimal"])
    tenths = bool(match["decimal"] or match["degree"]) and "体重" not in before and "体脂" not in before
    if (words.PULSE_BEFORE.search(before) and not tenths) or (words.PULSE_AFTER.match(text, end) and not listed):
        return None
    if match["vague"] or match["vague2"]:
        return None
    number = _temperature(match)
    if number is not None:
        return Value("temperature", number, start, end)
    plain = match["three"] or match["two"]
    if (
        not plain
        or (words.UNIT_AFTER.match(text, end) and not listed)
        or (start and text[start - 1].isalpha() and text[start - 1].isascii())
    ):
        return None
    return _plain(text, match, context, found)


def _temperature(match: re.Match[str]) -> float | None:
    if match["f"]:
        return round((float(re.sub(words.POINT, ".", match["f"])) - 32) / 1.8, 1)
    if match["degree"]:
        return float(f"{match['degree']}.{match['tenth'] or 0}")
    if match["decimal"]:
        number = float(f"{match['decimal']}.{match['fraction']}")
        if 95 <= number <= 109.4 and len(match["fraction"]) == 1:
            return round((number - 32) / 1.8, 1)
        return round(number, 1) if number < 60 else None
    if match["short"]:
        return float(f"3{match['short']}.{match['shorttenth']}")
    if match["shortbare"]:
        return float(f"3{match['shortbare']}")
    return None


def _plain(text: str, match: re.Match[str], context: Context, found: list[Value]) -> Value | None:
    """A number without point or unit: what it can be depends on the words before and on what was asked."""
    start, end = match.span()
    number = int(match["three"] or match["two"])
    before = text[max(start - 24, 0) : start]
    if LOWEST_SPO2 <= number <= HIGHEST_SPO2:
        if words.SPO2_BEFORE.search(before):
            return Value("spo2", number, start, end)
        if number >= 70 and (percent := words.PERCENT.match(text, end)):
            told = not words.NOT_SPO2.search(before) and not words.NOT_SPO2_AFTER.match(text, percent.end())
            told = told and (number < HIGHEST_SPO2 or context in (Context.SPO2, Context.DAILY) or bool(found))
            return Value("spo2", number, start, percent.end()) if told else None
    temperature = _plain_temperature(number, start, before, text[end:], context, found)
    if temperature is not None:
        return Value("temperature", temperature, start, end)
    if LOWEST_SPO2 <= number <= HIGHEST_SPO2 and _bare_spo2(text, start, end, context, found):
        return Value("spo2", number, start, end)
    return None


def _set_off(before: str, rest: str) -> bool:
    """Whether a number stands alone at the end of the reply: "cansada, 38"."""
    return not rest.strip(" .!\n") and before.rstrip(" ")[-1:] in (",", ".", ";", "\n", "、", "。")


def _plain_temperature(
    number: int, start: int, before: str, rest: str, context: Context, found: list[Value]
) -> float | None:
    """378 and 38 in a temperature's place, 101 where one was asked (Fahrenheit)."""
    if 340 <= number <= 429:
        return None if words.TENTH.match(rest) else number / 10
    asked = context is Context.TEMPERATURE
    named = bool(words.TEMP_BEFORE.search(before))
    if (asked or named) and (100 <= number <= 109 or (96 <= number < 100 and not found)):
        return round((number - 32) / 1.8, 1)
    if not LOWEST_TEMPERATURE <= number <= HIGHEST_TEMPERATURE or context is Context.SPO2:
        return None
    if asked or named or words.TEMP_LED.search(before) or words.TEMP_AFTER.match(rest):
        return float(number)
    if context is Context.DAILY and (start < 4 or _set_off(before, rest)):
        return float(number)
    return None


def _bare_spo2(text: str, start: int, end: int, context: Context, found: list[Value]) -> bool:
    """Whether a number alone is a saturation: where it was asked, in a range, or set off in the daily answer."""
    before = [value for value in found if value.kind == "spo2"]
    ranged = bool(before) and before[-1] is found[-1] and bool(words.RANGE.fullmatch(text[before[-1].end : start]))
    if context is Context.SPO2 or ranged:
        return True
    if int(text[start:end]) < 80 or (before and not words.NOW_BEFORE.search(text[before[-1].end : start])):
        return False
    alone = words.LONE_BEFORE.search(text[:start][-8:]) and words.LONE_AFTER.match(text, end)
    beside = not words.LETTER.search(text) and bool(words.DECIMAL.search(text))
    return bool(alone) and (context is Context.DAILY or beside)


def _own(text: str, found: list[Value]) -> tuple[list[Value], bool]:
    """The values of the monitored person, and whether somebody else's were left out."""
    if any(words.STRANGER_NEAR.search(text[: value.start][-_LOOK_BACK:]) for value in found):
        found = [value for value in found if not words.STRANGER_NEAR.search(text[: value.start][-_LOOK_BACK:])]
        return found, True
    if len(found) < 2 and not words.SELF.search(text):
        return found, False
    owners = [_owner(text, value) for value in found]
    if "other" not in owners or not ("" in owners or words.SELF.search(text)):
        return found, False
    if words.PATIENT_OTHER.search(text):
        return [value for value, owner in zip(found, owners, strict=True) if owner == "other"], False
    own = [value for value, owner in zip(found, owners, strict=True) if owner != "other"]
    return own, any(_ill(value) for value, owner in zip(found, owners, strict=True) if owner == "other")


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


def _decide(text: str, values: list[Value], *, highest: bool) -> Value | None:
    """The latest value; of a range the graver end; usual and earlier values do not count beside a present one."""
    values = [value for value in values if not words.VAGUE_BEFORE.search(text[max(value.start - 20, 0) : value.start])]
    now = [value for value in values if not _was(text, value)]
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
        ranged = bool(words.RANGE.fullmatch(gap)) and not words.ARROW.fullmatch(gap) and len(last) < _RANGE_ENDS
        if not ranged and not (listed and english.LIST.fullmatch(gap)):
            break
        last.insert(0, value)
    return last


def _without_pulse(text: str, values: list[Value]) -> list[Value]:
    """97と72: of two numbers side by side, the one that no saturation beside the other would be is the pulse."""
    if len(values) != 2 or not words.BESIDE.fullmatch(text[values[0].end : values[1].start]):
        return values
    low, high = sorted(values, key=lambda value: value.number)
    return [high] if high.number >= _SOUND and low.number <= _PULSE else values


def _was(text: str, value: Value) -> bool:
    if english.NOW_AFTER.match(text, value.end):
        return False
    before = text[max(value.start - 16, 0) : value.start]
    was = words.PAST_BEFORE.search(before) or english.FROM_BEFORE.search(before) or words.NOT_BEFORE.search(before)
    after = english.PAST_AFTER.match(text, value.end) or words.DAY_AFTER.match(text, value.end)
    return bool(was or after)
