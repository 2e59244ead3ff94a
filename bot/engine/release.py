"""When care ends: the dated rule of the program applied to what one resident reported."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.domain.reading import Priority, Reading

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.domain.program import Program, ReleaseRule
    from bot.engine.session import Member

_MORNING_ENDS = time(12, 0)


def age_on(birth_date: date | None, day: date) -> int | None:
    """Age in full years; None where the birth date is not known."""
    if birth_date is None:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def last_day(program: Program, member: Member) -> date:
    """The last day that is counted at the least (day 0 plus the rule's days)."""
    return member.day0 + timedelta(days=program.release.days)


def first_free_day(program: Program, member: Member) -> date:
    """The first day on which the resident can be free."""
    return last_day(program, member) + timedelta(days=1)


def note_report(
    member: Member, reading: Reading, priority: Priority, day: date, now: datetime, fever_from: float
) -> None:
    """Keep since when symptoms have eased and on which day the fever went."""
    fever = _fever(reading, fever_from)
    if priority is Priority.NONE and not fever:
        member.eased_since = member.eased_since or now
    elif priority is not Priority.ROUTINE or fever:
        member.eased_since = None
    if fever:
        member.fever_free_on = None
    elif fever is False:
        member.fever_free_on = member.fever_free_on or day


def _fever(reading: Reading, fever_from: float) -> bool | None:
    """Whether the report tells a fever; None where it says nothing of it."""
    if reading.temperature is not None:
        return reading.temperature >= fever_from
    if "fever" in reading.present:
        return True
    if "fever" in reading.absent or reading.menu == 1 or (reading.eased and not reading.present):
        return False
    return None


def release_time(program: Program, member: Member, zone: ZoneInfo) -> datetime | None:
    """When the notice may go out: in a morning on which every part of the rule holds; None while one cannot be told."""
    rule, hour = program.release, program.check_hour
    moments = [datetime.combine(first_free_day(program, member), hour, zone)]
    if rule.eased_hours:
        if member.eased_since is None:
            return None
        moments.append(member.eased_since + timedelta(hours=rule.eased_hours))
    if rule.fever_free_days is not None:
        if member.fever_free_on is None:
            return None
        days = _fever_free_days(rule, member)
        moments.append(datetime.combine(member.fever_free_on + timedelta(days=days + 1), hour, zone))
    return _in_the_morning(max(moments).astimezone(zone), hour)


def is_phone_only(rule: ReleaseRule, member: Member, day: date) -> bool:
    """Whether the program tells this resident by telephone."""
    age = age_on(member.birth_date, day)
    return rule.phone_only_from_age is not None and age is not None and age >= rule.phone_only_from_age


def _fever_free_days(rule: ReleaseRule, member: Member) -> int:
    age = age_on(member.birth_date, member.day0)
    infant = age is not None and age < rule.infant_under
    if infant and rule.fever_free_days_infant is not None:
        return rule.fever_free_days_infant
    return rule.fever_free_days or 0


def _in_the_morning(local: datetime, hour: time) -> datetime:
    if local.time() <= hour:
        return local.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
    if local.time() < max(_MORNING_ENDS, hour):
        return local
    next_day = local.date() + timedelta(days=1)
    return datetime.combine(next_day, hour, local.tzinfo)
