"""``program.yaml`` -> the care program: who is looked after, how long, by which dated rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.program import Faq, Program, ReleaseRule, Source, Thresholds
from bot.domain.reading import RED_FLAGS, SYMPTOMS
from bot.domain.states import Language
from bot.scripts.fields import Field
from bot.scripts.issue import Place
from bot.scripts.steps import Key

DAY0 = ("onset", "last_exposure")
_KEYS = ("title", "valid", "source", "day0", "day0_explained", "check", "release", "thresholds", "faq")
_REQUIRED = ("title", "valid", "source", "day0", "day0_explained", "check", "release")

Getters = dict[str, Callable[[Field], Any]]

_RELEASE: Getters = {
    "days": lambda value: value.integer(1, 90),
    "eased_hours": lambda value: value.integer(0, 240),
    "fever_free_days": lambda value: value.integer(0, 30),
    "fever_free_days_infant": lambda value: value.integer(0, 30),
    "infant_under": lambda value: value.integer(1, 18),
    "phone_only_from_age": lambda value: value.integer(0, 130),
    "confirm_by_staff": lambda value: value.flag(),
}
# A program can be more careful than the limits that hold for all, never less.
_THRESHOLDS: Getters = {
    "fever": lambda value: value.number(35.0, 42.0, 37.5),
    "temperature_urgent": lambda value: value.number(36.0, 39.0, 39.0),
    "temperature_low": lambda value: value.number(35.0, 37.0, 35.0),
    "spo2_urgent": lambda value: value.integer(95, 100, 95),
    "spo2_emergency": lambda value: value.integer(93, 100, 93),
    "watch": lambda value: tuple(item.one_of(sorted(RED_FLAGS | SYMPTOMS), "fever") for item in value.listed()),
}


def read_program(name: str, top: Field, places: dict[Key, Place]) -> Program:
    """The care program in a program file; ``places`` gets the place of each of its parts."""
    found = top.known(_KEYS, _REQUIRED)
    places["program",] = top.place
    for key, value in found.items():
        places["program", key] = value.place
    valid = found["valid"].known(("from", "until"), ("from",)) if "valid" in found else {}
    hour, zone = _check(found["check"], places) if "check" in found else (time(9, 0), "Asia/Tokyo")
    return Program(
        name=name,
        title=_in_languages(found.get("title")),
        valid_from=valid["from"].day() if "from" in valid else date.min,
        valid_until=valid["until"].day() if "until" in valid else None,
        source=_source(found["source"]) if "source" in found else Source("", date.min),
        day0=found["day0"].one_of(DAY0, "onset") if "day0" in found else "onset",
        day0_explained=_in_languages(found.get("day0_explained")),
        release=ReleaseRule(**_picked(found.get("release"), _RELEASE, places, required=("days",), default={"days": 1})),
        check_hour=hour,
        timezone=zone,
        thresholds=Thresholds(**_picked(found.get("thresholds"), _THRESHOLDS, places)),
        faq=_faq(found["faq"], places) if "faq" in found else (),
    )


def _picked(
    top: Field | None,
    getters: Getters,
    places: dict[Key, Place],
    *,
    required: tuple[str, ...] = (),
    default: dict[str, Any] | None = None,
) -> dict[str, Any]:
    if top is None:
        return default or {}
    found = top.known(getters, required)
    for key, value in found.items():
        places["program", top.what, key] = value.place
    return (default or {}) | {key: getters[key](value) for key, value in found.items()}


def _in_languages(top: Field | None) -> dict[str, str]:
    if top is None:
        return {}
    languages = tuple(Language)
    return {language: value.text().strip() for language, value in top.known(languages, languages).items()}


def _check(top: Field, places: dict[Key, Place]) -> tuple[time, str]:
    found = top.known(("hour", "timezone"), ("hour",))
    for key, value in found.items():
        places["program", "check", key] = value.place
    hour = found["hour"].clock() if "hour" in found else time(9, 0)
    return hour, _zone(found["timezone"]) if "timezone" in found else "Asia/Tokyo"


def _zone(value: Field) -> str:
    name = value.text()
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        value.wrong(
            f"の時間帯「{name}」はありません(例 Asia/Tokyo)。",
            f"names no time zone: “{name}” (for example Asia/Tokyo).",
        )
        return "Asia/Tokyo"
    return name


def _source(top: Field) -> Source:
    found = top.known(("title", "issued", "url"), ("title", "issued"))
    return Source(
        title=found["title"].text() if "title" in found else "",
        issued=found["issued"].day() if "issued" in found else date.min,
        url=found["url"].text() if "url" in found else "",
    )


def _faq(top: Field, places: dict[Key, Place]) -> tuple[Faq, ...]:
    questions = []
    for number, item in enumerate(top.listed()):
        places["program", "faq", number] = item.place
        found = item.known(("topic", "words", "say", "before_consent"), ("topic", "words", "say"))
        if not {"topic", "words", "say"} <= found.keys():
            continue
        early = "before_consent" in found and found["before_consent"].flag()
        questions.append(Faq(found["topic"].text(), found["words"].texts(), found["say"].text(), before_consent=early))
    return tuple(questions)
