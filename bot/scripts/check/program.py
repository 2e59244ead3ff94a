"""The program's rules must make sense together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

from bot.domain.quiet import QuietHours
from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue, Place


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Dates, hour, rule of release and thresholds."""
    yield from _dates(bundle)
    yield from _hour(bundle)
    yield from _release(bundle)
    yield from _thresholds(bundle)


def _dates(bundle: ScriptBundle) -> Iterator[Issue]:
    program = bundle.script.program
    if program.valid_until and program.valid_until < program.valid_from:
        yield _error(
            bundle.place("program", "valid"), "valid の until が from より前です。", "“until” lies before “from”."
        )
    if program.source.url and not program.source.url.startswith("https://"):
        yield _error(
            bundle.place("program", "source"),
            "source の url は https:// で始めてください。",
            "The url of the source must begin with https://.",
        )


def _hour(bundle: ScriptBundle) -> Iterator[Issue]:
    quiet, hour = QuietHours(), bundle.script.program.check_hour
    if hour < quiet.end or hour >= quiet.start:
        yield Issue.warning(
            "program",
            bundle.place("program", "check", "hour"),
            f"check の時刻が夜間(SMSを送らない {_clock(quiet.start)}〜{_clock(quiet.end)})に入っています。",
            f"The check falls into the quiet hours ({_clock(quiet.start)}-{_clock(quiet.end)}), when nothing is sent.",
        )


def _release(bundle: ScriptBundle) -> Iterator[Issue]:
    rule = bundle.script.program.release
    if rule.fever_free_days_infant is not None and rule.fever_free_days is None:
        yield _error(
            bundle.place("program", "release", "fever_free_days_infant"),
            "fever_free_days_infant には fever_free_days も必要です。",
            "“fever_free_days_infant” needs “fever_free_days” too.",
        )


def _thresholds(bundle: ScriptBundle) -> Iterator[Issue]:
    limits = bundle.script.program.thresholds
    place = bundle.place("program", "thresholds")
    if not limits.temperature_low < limits.fever <= limits.temperature_urgent:
        yield _error(
            place,
            "体温の基準は temperature_low < fever ≦ temperature_urgent にしてください。",
            "Temperatures must be in the order temperature_low < fever ≤ temperature_urgent.",
        )
    if limits.spo2_emergency >= limits.spo2_urgent:
        yield _error(
            place,
            "酸素の基準は spo2_emergency < spo2_urgent にしてください。",
            "SpO2 must be in the order spo2_emergency < spo2_urgent.",
        )


def _error(place: Place, ja: str, en: str) -> Issue:
    return Issue.error("program", place, ja, en)


def _clock(moment: time) -> str:
    return moment.strftime("%H:%M")
