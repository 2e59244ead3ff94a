"""What a reply says: the labels that the reader gives and everybody else works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Context(StrEnum):
    """What the resident was asked last."""

    CONSENT = "consent"
    DAILY = "daily"
    TEMPERATURE = "temperature"
    SPO2 = "spo2"
    RECOVERY = "recovery"
    FREE = "free"
    DANGER = "danger"  # "is there breathlessness, chest pain ...? 1 yes 2 no"


class Intent(StrEnum):
    CONSENT_YES = "consent_yes"
    CONSENT_NO = "consent_no"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"  # the keyword HELP / ヘルプ alone; `mimamori triage` writes it as a question
    REPORT = "report"
    QUESTION = "question"
    WRONG_NUMBER = "wrong_number"
    THANKS = "thanks"
    OTHER = "other"


class Priority(StrEnum):
    """Which staff queue a reply goes to; ``rank`` orders them, gravest first being the highest."""

    NONE = "none"
    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {priority: rank for rank, priority in enumerate(Priority)}


def worst(*priorities: Priority) -> Priority:
    """The gravest of the given priorities (none when there are none)."""
    return max(priorities, key=lambda priority: priority.rank, default=Priority.NONE)


RED_FLAGS = frozenset({
    "pale", "cyanosis", "strange", "dyspnea", "chest_pain", "confusion", "arrhythmia",
    "unconscious", "seizure", "hemoptysis", "rescue", "suicide",
})  # fmt: skip

SYMPTOMS = frozenset({
    "fever", "cough", "sore_throat", "runny_nose", "headache", "fatigue", "muscle_pain", "nausea", "vomiting",
    "diarrhea", "abdominal_pain", "taste_loss", "smell_loss", "rash", "chills", "no_appetite", "dehydration",
    "dizziness", "insomnia", "anxiety",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that decided: ``start`` and ``end`` count characters of the reply as it was received."""

    start: int
    end: int
    rule: str  # for example "red_flag:dyspnea", "menu:4", "value:temperature", "negated:chest_pain"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reply, read in the context of the question asked last.

    ``temperature`` is in degrees Celsius, ``spo2`` in percent. ``menu`` is the menu number answered
    (daily check), ``answer`` is "yes" or "no" where a yes/no question was answered. ``eased`` is True where
    the resident reports no symptom or milder ones. ``correction`` is True where the text corrects an earlier one.
    ``later`` is True where the resident will answer later. ``understood`` is False where the reader is not sure.
    """

    intent: Intent
    priority: Priority
    temperature: float | None = None
    spo2: int | None = None
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    understood: bool = True
    menu: int | None = None
    answer: str | None = None
    eased: bool = False
    correction: bool = False
    later: bool = False
    evidence: tuple[Evidence, ...] = ()
    version: str = ""

    @property
    def has_facts(self) -> bool:
        """Whether the text says anything about a state of health."""
        return bool(self.present or self.absent or self.menu) or not (self.temperature is None and self.spo2 is None)


@dataclass(frozen=True, slots=True)
class Part:
    """A reading and whom it is about: ``who`` holds indexes into the household's list of members (empty: not said)."""

    reading: Reading
    who: tuple[int, ...] = field(default=())
