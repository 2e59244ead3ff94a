"""How grave a report is for this program: the reader's priority, raised by the program's own thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.reading import Priority, Reading, worst

if TYPE_CHECKING:
    from datetime import date

    from bot.domain.program import Program
    from bot.engine.session import Member

_SOME_SYMPTOMS = 2  # the menu's "I have symptoms, the same or milder"
_YOUNG_INFANT_DAYS = 92
_YOUNG_INFANT_FEVER = 38.0


def weigh(reading: Reading, program: Program, member: Member | None, today: date) -> Priority:
    """The graver of what the reader says and what the program's thresholds say of the values."""
    limits = program.thresholds
    found = [reading.priority]
    if reading.spo2 is not None:
        if reading.spo2 <= limits.spo2_emergency:
            found.append(Priority.EMERGENCY)
        elif reading.spo2 <= limits.spo2_urgent:
            found.append(Priority.URGENT)
    if limits.watch and (reading.menu == _SOME_SYMPTOMS or set(limits.watch).intersection(reading.present)):
        found.append(Priority.URGENT)
    temperature = reading.temperature
    if temperature is not None:
        if temperature >= limits.temperature_urgent or temperature < limits.temperature_low:
            found.append(Priority.URGENT)
        if temperature >= _YOUNG_INFANT_FEVER and _is_young_infant(member, today):
            found.append(Priority.URGENT)
    return worst(*found)


def _is_young_infant(member: Member | None, today: date) -> bool:
    return bool(member and member.birth_date and (today - member.birth_date).days < _YOUNG_INFANT_DAYS)
