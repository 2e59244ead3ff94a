"""Longest realistic values of every variable, to see how long a text can become."""

from __future__ import annotations

import datetime as dt

from bot.domain.reading import Intent, Priority, Reading
from bot.scripts.bundle import ScriptBundle
from bot.scripts.understood import summary

_LONG_DAY = dt.date(2022, 12, 28)
_LONG_READING = Reading(
    Intent.REPORT,
    Priority.NONE,
    temperature=38.5,
    spo2=96,
    menu=2,
    present=("sore_throat", "headache"),
    absent=("dyspnea",),
)
_NAMES = {"en": ("Alexandra", "Christopher", "Elizabeth")}
_JAPANESE_NAMES = ("アレクサンドラ", "こうたろう", "さくら")
_CENTERS = {"en": ("Sakura City Central Public Health Center", "8:30-17:15 Mon-Fri, 9:00-16:00 Sat/Sun")}
_JAPANESE_CENTER = ("横浜市保健所港北福祉保健センター", "平日8:30〜17:15、土日祝9:00〜16:00")


def sample_values(bundle: ScriptBundle, language: str) -> list[dict[str, str]]:
    """Three residents: one of a household with everything known, one alone, one of whom nothing is known."""
    words = bundle.words[language]
    names = _NAMES.get(language, _JAPANESE_NAMES)
    center, hours = _CENTERS.get(language, _JAPANESE_CENTER)
    day = words.day(_LONG_DAY)
    hour = bundle.script.program.check_hour
    full = {
        "center": center,
        "center_phone": "0120-000-0000",
        "center_hours": hours,
        "program": bundle.script.program.title.get(language, ""),
        "name": max(names, key=len),
        "names": words.persons(names),
        "check_hour": f"{hour.hour}:{hour.minute:02d}",
        "day0": day,
        "last_day": day,
        "release_on": day,
        "understood": summary(_LONG_READING, words),
        "today": day,
        "emergency_number": "119",
        "options": words.persons(names),
        "sender_page": "https://sms.city.sakura.example.jp/sender",
    }
    alone = full | {"name": "", "names": "", "sender_page": ""}
    return [full, alone, alone | {"understood": "", "day0": "", "last_day": "", "release_on": ""}]
