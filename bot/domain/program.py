"""Care programs: disease-neutral data with dates of validity (who is looked after, how long, when they are free)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

Texts = Mapping[str, str]
"""Language code -> text."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from."""

    title: str
    issued: date
    url: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """When care ends. Day 0 is not counted: ``days`` full days follow it, the resident is free on the day after.

    ``eased_hours``: symptoms must have eased for so long. ``fever_free_days``: as many full days must follow the day on
    which the fever went (``fever_free_days_infant`` below the age of ``infant_under``). ``phone_only_from_age``: from
    this age the notice is a telephone call. ``confirm_by_staff``: a person confirms before the notice goes out.
    """

    days: int
    eased_hours: int = 0
    fever_free_days: int | None = None
    fever_free_days_infant: int | None = None
    infant_under: int = 6
    phone_only_from_age: int | None = None
    confirm_by_staff: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What raises a report's priority by itself (degrees Celsius, percent).

    ``watch``: symptoms that make a report urgent (for a contact under observation the first of them is the finding).
    """

    fever: float = 37.5
    temperature_urgent: float = 39.0
    temperature_low: float = 35.0
    spo2_urgent: int = 95
    spo2_emergency: int = 93
    watch: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Faq:
    """A frequent question: it is answered with the text ``say`` when a question holds one of ``words``.

    Before consent only those with ``before_consent`` are answered: the others would tell that somebody is looked after.
    """

    topic: str
    words: tuple[str, ...]
    say: str
    before_consent: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """One care program. ``day0`` is ``onset`` or ``last_exposure``; ``valid_until`` is the last day of validity."""

    name: str
    title: Texts
    valid_from: date
    valid_until: date | None
    source: Source
    day0: str
    day0_explained: Texts
    release: ReleaseRule
    check_hour: time = time(9, 0)
    timezone: str = "Asia/Tokyo"
    thresholds: Thresholds = field(default_factory=Thresholds)
    faq: tuple[Faq, ...] = ()
