"""A sign: a rule of the lexicon that matched, and what the match is worth."""

from __future__ import annotations

from enum import StrEnum

from bot.reading.lexicon import SPEECH, Rule

__all__ = ["SPEECH", "Sign", "Status"]


class Status(StrEnum):
    """What a sign found in the words is worth."""

    PRESENT = "present"
    ABSENT = "negated"
    GONE = "gone"  # today or last night
    LONG_GONE = "long_gone"
    SUPPOSED = "supposed"  # a condition, a question about it
    OTHERS = "others"  # somebody outside the home
    HOME = "home"  # somebody else in the home, told by the resident beside the own state


class Sign:
    """A rule that matched ``text[start:end]``; never changed, and plain, since a reply makes many."""

    __slots__ = ("code", "end", "kind", "rule", "start", "status")

    def __init__(self, rule: Rule, start: int, end: int, status: Status = Status.PRESENT) -> None:
        self.rule = rule
        self.start = start
        self.end = end
        self.status = status
        self.code = rule.code
        self.kind = rule.kind

    def now(self, status: Status) -> Sign:
        """The same sign, worth something else."""
        return self if status is self.status else Sign(self.rule, self.start, self.end, status)

    def at(self, start: int, end: int) -> Sign:
        """The same sign at another place."""
        return Sign(self.rule, start, end, self.status)

    @property
    def present(self) -> bool:
        return self.status is Status.PRESENT

    @property
    def grave(self) -> bool:
        return self.rule.kind in ("red_flags", "dangers")

    @property
    def alarms(self) -> bool:
        """Whether it is true now of somebody in the home."""
        return self.status in (Status.PRESENT, Status.HOME)
