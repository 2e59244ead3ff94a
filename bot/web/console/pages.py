"""Templates of the console, and how moments, numbers and ages are written in them."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.domain.errors import InvalidInput
from bot.domain.phone import national
from bot.domain.reading import Priority
from bot.engine.release import age_on
from bot.web.console.words import knows, word

HERE = Path(__file__).parent
STATIC = HERE / "static"
STATIC_URL = "/console/static"
_WEEKDAYS = "月火水木金土日"


@functools.cache
def environment() -> Environment:
    """The console's templates; everything is escaped, and an unknown name is an error."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(word=word, knows=knows, asset=asset)
    env.filters.update(
        phone=phone, dialled=dialled, moment=moment, clock=clock, second=second, day=day, iso=iso, span=span, age=age,
        number=number, waiting_title=waiting_title,
    )  # fmt: skip
    env.globals["m"] = env.get_template("_macros.html").module
    return env


@functools.cache
def asset(name: str) -> str:
    """Address of a static file; it changes with the file's content, so that browsers may keep it."""
    return f"{STATIC_URL}/{name}?v={digest(STATIC / name)}"


@functools.cache
def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def phone(e164: str) -> str:
    """As people write it; as it is stored where it is no telephone number at all."""
    try:
        return national(e164)
    except (InvalidInput, phonenumbers.NumberParseException):
        return e164


def dialled(e164: str) -> str:
    """For ``tel:`` links: digits and a leading plus alone."""
    return "".join(char for char in e164 if char.isdigit() or char == "+")


def moment(value: datetime, timezone: str) -> str:
    """``11月22日(土) 9:05``."""
    local = value.astimezone(ZoneInfo(timezone))
    return f"{day(local.date())} {local.hour}:{local.minute:02d}"


def clock(value: datetime, timezone: str) -> str:
    """``9:05``."""
    local = value.astimezone(ZoneInfo(timezone))
    return f"{local.hour}:{local.minute:02d}"


def second(value: datetime, timezone: str) -> str:
    """``11月22日(土) 9:05:07``: what is evidence is told to the second."""
    return f"{moment(value, timezone)}:{value.second:02d}"


def day(value: date) -> str:
    """``11月22日(土)``."""
    return f"{value.month}月{value.day}日({_WEEKDAYS[value.weekday()]})"


def iso(value: datetime | date) -> str:
    """For the ``datetime`` attribute."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def span(value: timedelta) -> str:
    """How long somebody waits, as coarse as a person would say it: ``3時間5分``."""
    minutes = max(int(value.total_seconds()), 0) // 60
    if minutes < 1:
        return "1分未満"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}日{hours}時間" if hours else f"{days}日"
    if hours:
        return f"{hours}時間{minutes}分" if minutes else f"{hours}時間"
    return f"{minutes}分"


def age(birth_date: date | None, today: date) -> str:
    """``82歳``; empty where the birth date is not known."""
    years = age_on(birth_date, today)
    return "" if years is None else f"{years}歳"


def waiting_title(counts: Mapping[Priority, int]) -> str:
    """For the browser's tab: ``(緊急2・全5) ``."""
    total, grave = sum(counts.values()), counts.get(Priority.EMERGENCY, 0)
    if grave:
        return f"(緊急{grave}・全{total}) "
    return f"({total}) " if total else ""


def number(value: float) -> str:
    """``37`` or ``37.5``."""
    return f"{value:g}"
