"""What was understood of a reply, as one line that the resident can check."""

from __future__ import annotations

from bot.domain.reading import Reading
from bot.scripts.words import Words


def summary(reading: Reading, words: Words) -> str:
    """``2 昨日と同じか軽い、37.8度、のどの痛み``; empty where the reply told nothing of health."""
    told = []
    if reading.menu is not None and reading.menu in words.menu:
        told.append(f"{reading.menu} {words.menu[reading.menu]}")
    if reading.temperature is not None:
        told.append(words.temperature.format(value=f"{reading.temperature:.1f}"))
    if reading.spo2 is not None:
        told.append(words.spo2.format(value=reading.spo2))
    told += [words.symptoms[code] for code in reading.present if code in words.symptoms]
    told += [words.none_of.format(symptom=words.symptoms[code]) for code in reading.absent if code in words.symptoms]
    if not told and reading.eased and words.eased:
        told = [words.eased]
    return words.separator.join(told)
