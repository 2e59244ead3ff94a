"""The small words of a language that texts are put together from: symptoms, menu, values, dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.domain.reading import RED_FLAGS, SYMPTOMS
from bot.scripts.fields import Field

MENU = (1, 2, 3, 4)
_KEYS = (
    "symptoms",
    "menu",
    "temperature",
    "spo2",
    "none_of",
    "separator",
    "weekdays",
    "months",
    "date",
    "member",
    "person",
    "eased",
)
_OPTIONAL = frozenset({"months", "member", "person", "eased"})
_REQUIRED = tuple(key for key in _KEYS if key not in _OPTIONAL)
_SAMPLES: dict[str, dict[str, object]] = {
    "temperature": {"value": "37.8"},
    "spo2": {"value": "98"},
    "none_of": {"symptom": "x"},
    "member": {"name": "x", "summary": "y"},
    "person": {"name": "x"},
    "date": {"year": 2022, "month": 9, "day": 14, "weekday": "x", "month_name": "x"},
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words file of one language.

    ``person`` is how a name is written in a list of names; ``member`` frames what was understood of one resident of a
    household; ``eased`` is what was understood of a reply that only says that all is well.
    """

    symptoms: Mapping[str, str] = field(default_factory=dict)
    menu: Mapping[int, str] = field(default_factory=dict)
    temperature: str = "{value}"
    spo2: str = "{value}%"
    none_of: str = "-{symptom}"
    separator: str = ", "
    weekdays: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    date: str = "{year}-{month}-{day}"
    member: str = "{name}: {summary}"
    person: str = "{name}"
    eased: str = ""

    def day(self, day: dt.date) -> str:
        """A date as this language writes it."""
        return self.date.format(
            year=day.year,
            month=day.month,
            day=day.day,
            weekday=self.weekdays[day.weekday()],
            month_name=self.months[day.month - 1] if self.months else day.month,
        )

    def persons(self, names: Iterable[str]) -> str:
        """Names in a row."""
        return self.separator.join(self.person.format(name=name) for name in names)


def read_words(top: Field) -> Words:
    """Words from a words file; what is missing or cannot be filled in becomes an issue."""
    found = top.known(_KEYS, _REQUIRED)
    patterns = {key: _pattern(found[key], sample) for key, sample in _SAMPLES.items() if key in found}
    patterns |= {key: found[key].text() for key in ("separator", "eased") if key in found}
    return Words(
        symptoms=_symptoms(found["symptoms"]) if "symptoms" in found else {},
        menu=_menu(found["menu"]) if "menu" in found else {},
        weekdays=_row(found["weekdays"], 7) if "weekdays" in found else ("",) * 7,
        months=_row(found["months"], 12) if "months" in found else (),
        **patterns,
    )


def _symptoms(top: Field) -> dict[str, str]:
    codes = sorted(RED_FLAGS | SYMPTOMS)
    return {code: value.text() for code, value in top.known(codes, codes).items()}


def _menu(top: Field) -> dict[int, str]:
    keys = [str(number) for number in MENU]
    return {int(number): value.text() for number, value in top.known(keys, keys).items()}


def _row(top: Field, length: int) -> tuple[str, ...]:
    names = top.texts()
    if len(names) == length:
        return names
    top.wrong(
        f"は {length} 個にしてください(今は{len(names)}個)。", f"must hold {length} names (it holds {len(names)})."
    )
    return ("",) * length


def _pattern(value: Field, sample: Mapping[str, object]) -> str:
    """A text with ``{places}`` to fill in; only those of ``sample``, without any format code."""
    text = value.text()
    rest = text
    for name in sample:
        rest = rest.replace("{" + name + "}", "")
    if "{" in rest or "}" in rest:
        names = ", ".join("{" + name + "}" for name in sample)
        value.wrong(f"に使えるのは {names} だけです。", f"may only use {names}.")
        return ""
    return text
