"""Temperature and oxygen saturation as people type them, and the menu digit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.reading import Context
from bot.reading import no_value
from bot.reading import value_words as words
from bot.reading import value_words_en as english
from bot.reading import value_words_ja as japanese
from bot.reading.no_value import PULSE
from bot.reading.numbers_ja import digit_of
from bot.reading.value_choice import Value, decide, earlier, own_values, present
from bot.reading.value_told import Told, Words

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 33.0, 43.0
LOWEST_SPO2, HIGHEST_SPO2 = 50, 100
_MOST_VALUES = 40
_DIGIT = re.compile("[0-9]")
_LEAST_UNNAMED = 70
"""A saturation that is named by nothing but what stands behind it."""
_FEVER, _NORMAL, _LEAP = 38.0, 37.5, 1.0


@dataclass(frozen=True, slots=True)
class Values:
    """What the reply states; ``spans`` are the places of all numbers that were understood."""

    temperature: Value | None
    spo2: Value | None
    spans: tuple[tuple[int, int], ...]
    of_others: bool = False
    odd: bool = False
    """Whether a number stands where a value would and can be no body's (45.2, an oxygen of 30)."""
    vague: Sequence[Value] = ()
    """What present values that claim none can be: temperatures at least (37度台), saturations at most (80台)."""
    risen: bool = False
    """Whether the temperature is a fever a degree or more above what was told of before (昨日36.5、今38.4)."""


NO_VALUES = Values(None, None, ())


def read_values(text: str, context: Context, menu_end: int, languages: Sequence[Words] = ()) -> Values:
    """The values in normalised ``text``; ``menu_end`` is where a leading menu digit ends.

    ``languages`` hold the words about values of each language that the reply may be in.
    """
    spans: list[tuple[int, int]] = []
    found: list[Value] = []
    vague: list[Value] = []
    odd = False
    if short := _short_decimal(text, context):
        return Values(short, None, ((short.start, short.end),))
    if not _DIGIT.search(text):
        return NO_VALUES
    for match in words.NUMBER.finditer(text):
        if match.end() <= menu_end or len(spans) >= _MOST_VALUES:
            continue
        value = _value(text, match, context, found)
        if near := _near(text, match, value):
            vague.append(near)
            spans.append(match.span())
            continue
        if value is None:
            odd = odd or no_value.odd(text, match)
            continue
        spans.append((value.start, value.end))
        if LOWEST_TEMPERATURE <= value.number <= HIGHEST_TEMPERATURE or value.kind == "spo2":
            found.append(value)
        else:
            odd = True
    odd = odd or bool(words.ODD.search(text))
    if not found and not vague:
        return Values(None, None, tuple(spans), odd=odd)
    told = Told(text, [*found, *vague], languages)
    own, others = own_values(found, told)
    degrees = [value for value in own if value.kind == "temperature"]
    temperature = decide(text, degrees, told, highest=True)
    return Values(
        temperature,
        decide(text, [value for value in own if value.kind == "spo2"], told, highest=False),
        tuple(spans),
        others,
        odd and not found,
        own_values(present(text, vague, told), told)[0],
        temperature is not None and _risen(temperature, earlier(text, degrees, temperature, told)),
    )


def _risen(now: Value, before: Sequence[Value]) -> bool:
    return now.number >= _FEVER and any(_NORMAL > was.number <= now.number - _LEAP for was in before[-1:])


def _near(text: str, match: re.Match[str], value: Value | None) -> Value | None:
    """What a value that claims none is near to; a temperature without unit only where it would be one."""
    if value is not None and value.kind == "spo2":
        return _tens(text, value)
    if match["two"] and (value is None or value.kind != "temperature" or value.number != int(match["two"])):
        return None
    degrees = no_value.vague_degrees(text, match)
    if degrees is None or not LOWEST_TEMPERATURE <= degrees <= HIGHEST_TEMPERATURE:
        return None
    return Value("temperature", degrees, *match.span())


def _tens(text: str, value: Value) -> Value | None:
    """The most that a saturation told by its tens can be: 89 of 80台, 94 of 90台前半."""
    tens = japanese.TENS_AFTER.match(text, value.end)
    if tens is None or value.number % 10:
        return None
    return Value("spo2", min(value.number + (4 if tens["lower"] else 9), 99), value.start, tens.end())


def _short_decimal(text: str, context: Context) -> Value | None:
    """7.3 for 37.3, where it is the whole answer."""
    match = words.SHORT_DECIMAL.fullmatch(text) if context in (Context.TEMPERATURE, Context.DAILY) else None
    if match is None:
        return None
    one, tenth = (digit_of(match[name]) for name in ("one", "tenth"))
    return Value("temperature", 30 + one + tenth / 10, match.start("one"), match.end("tenth"))


def _value(text: str, match: re.Match[str], context: Context, found: list[Value]) -> Value | None:
    start, end = match.span()
    listed = bool(match["decimal"])
    if context is Context.SPO2:
        listed = listed or text[end : end + 2].lstrip()[:1] in ("/", "の")
    if (
        no_value.supposed(text, match)
        or no_value.of_pulse(text, match, context, listed=listed)
        or match["vague"]
        or match["vague2"]
        or japanese.denied(text, end)
        or (start == 1 and text[0].isdigit() and match["three"] and context is not Context.DAILY)
    ):
        return None
    if (whole := _saturation_with_tenth(text, match, context)) is not None:
        return Value("spo2", whole, start, end)
    number = _temperature(match)
    if number is not None:
        return Value("temperature", number, start, end)
    plain = match["three"] or match["two"]
    if (
        not plain
        or (words.UNIT_AFTER.match(text, end) and not listed)
        or (text[:start][-1:].isalpha() and text[start - 1].isascii() and not _labelled(text, start))
    ):
        return None
    return _plain(text, match, context, found)


def _labelled(text: str, start: int) -> bool:
    """Whether letters right before a number name it: sat96, temp37."""
    before = text[max(start - 24, 0) : start]
    return bool(words.SPO2_BEFORE.search(before) or words.TEMP_BEFORE.search(before))


def _saturation_with_tenth(text: str, match: re.Match[str], context: Context) -> int | None:
    """98.0 where a saturation was asked, 97.5%: a saturation, though 98.6 can be degrees Fahrenheit elsewhere."""
    whole = int(match["decimal"] or 0)
    if not PULSE < whole <= HIGHEST_SPO2:
        return None
    asked = context is Context.SPO2 and not words.LATIN.search(text)
    return whole if asked or words.PERCENT.match(text, match.end()) else None


def _temperature(match: re.Match[str]) -> float | None:
    if match["f"]:
        return round((float(re.sub(words.POINT, ".", match["f"])) - 32) / 1.8, 1)
    if match["degree"]:
        return float(f"{match['degree']}.{match['tenth'] or 0}")
    if match["decimal"]:
        number = float(f"{match['decimal']}.{match['fraction']}")
        if 95 <= number <= 109.4 and len(match["fraction"]) == 1:
            return round((number - 32) / 1.8, 1)
        return int(number * 10 + 0.501) / 10 if number < 60 else None
    if match["short"]:
        return float(f"3{match['short']}.{match['shorttenth']}")
    if match["shortbare"]:
        return float(f"3{match['shortbare']}")
    return None


def _plain(text: str, match: re.Match[str], context: Context, found: list[Value]) -> Value | None:
    """A number without point or unit: what it can be depends on the words before and on what was asked."""
    start, end = match.span()
    number = int(match["three"] or match["two"])
    if number >= _LEAST_UNNAMED and context is not Context.SPO2 and english.of_age(text, start, end):
        return None
    before = text[max(start - 24, 0) : start]
    if LOWEST_SPO2 <= number <= HIGHEST_SPO2:
        unnamed = number >= _LEAST_UNNAMED and not words.NOT_SPO2.search(before)
        dropped = unnamed and japanese.DROPPED_AFTER.match(text, end)
        if dropped or words.SPO2_BEFORE.search(before) or (unnamed and _named_far(text, start, end)):
            return Value("spo2", number, start, end)
        if number >= _LEAST_UNNAMED and (percent := words.PERCENT.match(text, end)):
            asked = context is Context.SPO2 and number < HIGHEST_SPO2
            told = unnamed and (
                asked or _beside_temperature(text, start, found) or not words.NOT_SPO2_AFTER.match(text, percent.end())
            )
            told = told and (number < HIGHEST_SPO2 or context in (Context.SPO2, Context.DAILY) or bool(found))
            return Value("spo2", number, start, percent.end()) if told else None
    temperature = _plain_temperature(number, start, before, text[end:], context, found)
    if temperature is not None:
        return Value("temperature", temperature, start, end)
    if LOWEST_SPO2 <= number <= HIGHEST_SPO2 and _bare_spo2(text, start, end, context, found):
        return Value("spo2", number, start, end)
    return None


def _named_far(text: str, start: int, end: int) -> bool:
    """Whether a saturation is named some words before the number that stands at these places."""
    named = words.SPO2_NAMED.search(text, max(start - 40, 0), start)
    return named is not None and not words.UNIT_AFTER.match(text, end)


def _beside_temperature(text: str, start: int, found: list[Value]) -> bool:
    """Whether the number stands right after a temperature: 36.3 96% 元気です."""
    return (
        bool(found)
        and found[-1].kind == "temperature"
        and not text[found[-1].end : start].strip(" 、,/。・;:(-|でのと\n")
    )


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
    told = bool(found) and found[-1].kind == "temperature" and words.NOW_LED.search(before)
    if asked or named or told or words.TEMP_LED.search(before) or words.TEMP_AFTER.match(rest):
        return float(number)
    if context is Context.DAILY and (start < 4 or _set_off(before, rest)):
        return float(number)
    return None


def _bare_spo2(text: str, start: int, end: int, context: Context, found: list[Value]) -> bool:
    """Whether a number alone is a saturation: where it was asked, in a range, or set off in the daily answer."""
    before = [value for value in found if value.kind == "spo2"]
    ranged = bool(before) and before[-1] is found[-1] and bool(words.RANGE.fullmatch(text[before[-1].end : start]))
    fallen = bool(before) and bool(words.ARROW.fullmatch(text, before[-1].end, start))
    if context is Context.SPO2 or ranged or fallen:
        return True
    if words.AT_FULL.search(text, 0, end):
        return False
    paired = _beside_temperature(text, start, found)
    if int(text[start:end]) < 80 or (
        before and not paired and not words.NOW_BEFORE.search(text[before[-1].end : start])
    ):
        return False
    alone = (paired or words.LONE_BEFORE.search(text[:start][-8:])) and words.LONE_AFTER.match(text, end)
    beside = not words.LETTER.search(text) and bool(words.DECIMAL.search(text))
    return bool(alone) and (context is Context.DAILY or beside or paired)
