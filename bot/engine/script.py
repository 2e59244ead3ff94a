"""A script as the engine runs it: steps, what each asks, and where each kind of answer leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.program import Program
from bot.domain.reading import Context, Priority

ANSWER_WORDS = ("yes", "no", "report", "urgent", "question", "thanks", "later", "unclear")
"""Every kind of answer that a step can name. Emergencies, STOP, START, HELP and wrong numbers belong to the engine."""

RESERVED_STEPS = ("consent", "resting", "daily", "danger", "with_staff", "phone_only", "released")
"""Steps that the engine itself enters; every script has them."""

ENGINE_TEXTS = (
    "emergency", "stopped", "help", "member_added", "which_person", "release_notice", "faq_fallback",
)  # fmt: skip
"""Texts that the engine says in any step; every script has them in every language."""

BACK = "back"
"""As ``go``: return to the step that was interrupted (from ``daily``, whose answer has come, to ``resting``)."""

RECORDS = ("report", "consent_given", "consent_declined")


@dataclass(frozen=True, slots=True)
class Move:
    """What one answer, silence or hour leads to.

    ``say``: texts to send, in order. ``go``: the next step (None stays). ``record``: what is written down, of RECORDS.
    ``escalate``: opens a task of that priority for staff. ``call``: puts the resident on the call list for that reason.
    """

    say: tuple[str, ...] = ()
    go: str | None = None
    record: tuple[str, ...] = ()
    escalate: Priority | None = None
    call: str | None = None


@dataclass(frozen=True, slots=True)
class Nudge:
    """What happens ``after`` that long without an answer; ``at_risk`` is done too for residents marked at risk."""

    after: timedelta
    move: Move
    at_risk: Move | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``answers`` maps a word to its moves: the first for the first such answer, the last for all later."""

    name: str
    say: tuple[str, ...] = ()
    ask: Context = Context.FREE
    answers: Mapping[str, tuple[Move, ...]] = field(default_factory=dict)
    silence: tuple[Nudge, ...] = ()


@dataclass(frozen=True, eq=False)
class Script:
    """A checked script of one program; ``version`` names its exact content."""

    program: Program
    version: str
    steps: Mapping[str, Step]
    start: str = "consent"
