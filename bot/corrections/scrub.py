"""A reply without what tells who wrote it: names, numbers, addresses become 〇〇; values of health stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.corrections.contacts import Place, find_contacts
from bot.corrections.fold import fold
from bot.corrections.names import Person, find_names

_NAME = "〇〇"


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """``places`` are those of the original that were replaced, in order and apart from each other."""

    text: str
    places: Sequence[Place]

    def moved(self, readings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Readings whose evidence points into ``text``; words that are no longer there decide nothing that is shown."""
        return [{**reading, "evidence": list(self._evidence(reading))} for reading in readings]

    def _evidence(self, reading: Mapping[str, Any]) -> list[dict[str, Any]]:
        moved = []
        for mark in reading.get("evidence", ()):
            if not any(start < mark["end"] and mark["start"] < end for start, end, _ in self.places):
                by = sum(len(new) - (end - start) for start, end, new in self.places if end <= mark["start"])
                moved.append({**mark, "start": mark["start"] + by, "end": mark["end"] + by})
        return moved


def scrub(text: str, people: Sequence[Person], phones: Sequence[str] = ()) -> Scrubbed:
    """``people`` are name and reading of everybody on this phone, ``phones`` the numbers (E.164) that it has."""
    folded = fold(text)
    numbers = tuple(digits for phone in phones for digits in _national(phone))
    found = [*find_contacts(folded, numbers)]
    found += [(start, end, _NAME) for start, end in find_names(folded, text, people)]
    places = _apart(found)
    pieces, done = [], 0
    for start, end, instead in places:
        pieces += [text[done:start], instead]
        done = end
    return Scrubbed("".join([*pieces, text[done:]]), places)


def _apart(found: Sequence[Place]) -> list[Place]:
    """Where two overlap, one stands for both: the longer one says what it was."""
    places: list[Place] = []
    for start, end, instead in sorted(found):
        if places and start < places[-1][1]:
            before = places.pop()
            longer = instead if end - start > before[1] - before[0] else before[2]
            places.append((before[0], max(end, before[1]), longer))
        else:
            places.append((start, end, instead))
    return places


def _national(phone: str) -> tuple[str, ...]:
    """The digits of a number, with and without the country's."""
    digits = "".join(char for char in phone if char.isdigit())
    return (digits, f"0{digits[2:]}") if digits.startswith("81") else (digits,)
