"""What was understood of a reply, as one line that the resident can check."""

from __future__ import annotations

from bot.domain.reading import Reading
from bot.scripts.words import Words

_NOT_CONFIRMED = {"rescue", "suicide", "strange"}
"""Codes that are for staff; "no cry for help" would be an odd thing to send to somebody."""


def summary(reading: Reading, words: Words) -> str:
    """``2 昨日と同じか軽い、37.8度、のどの痛み``; empty where the reply told nothing of health."""
    told = []
    if reading.menu is not None and reading.menu in words.menu:
        told.append(f"{reading.menu} {words.menu[reading.menu]}")
    if reading.temperature is not None:
        told.append(words.temperature.format(value=f"{reading.temperature:.1f}"))
    if reading.spo2 is not None:
        told.append(words.spo2.format(value=reading.spo2))
    said = {"fever"} if reading.temperature is not None else set()  # the value says it better
    said |= _NOT_CONFIRMED
    told += [words.symptoms[code] for code in reading.present if code in words.symptoms and code not in said]
    told += [
        words.none_of.format(symptom=words.symptoms[code])
        for code in reading.absent
        if code in words.symptoms and code not in said
    ]
    if not told and reading.eased and words.eased:
        told = [words.eased]
    return words.separator.join(told)
