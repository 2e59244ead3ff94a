"""``script.yaml`` -> the steps that the engine runs, with the line of everything."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise

from bot.domain.reading import Context, Priority
from bot.engine.script import ANSWER_WORDS, RECORDS, Move, Nudge, Step
from bot.scripts.fields import Field
from bot.scripts.issue import Place

Key = tuple[str | int, ...]
"""Path of a thing in a script: ``("step", "daily", "answers", "report", 0)``, ``("text", "ja", "welcome")``."""

MOVE_KEYS = ("say", "go", "record", "escalate", "call")
STEP_KEYS = ("say", "ask", "answers", "silence")
_ESCALATIONS = tuple(priority.value for priority in Priority if priority is not Priority.NONE)
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}$")


@dataclass(slots=True)
class StepsFile:
    """What one ``script.yaml`` says."""

    start: str | None = None
    steps: dict[str, Step] = field(default_factory=dict)
    places: dict[Key, Place] = field(default_factory=dict)


def read_steps(top: Field) -> StepsFile:
    """Read a script file; a program's own file may hold only the steps that it replaces."""
    file = StepsFile()
    found = top.known(("start", "steps"))
    if "start" in found:
        file.start = found["start"].text()
        file.places["start",] = found["start"].place
    if "steps" in found:
        file.places["steps",] = found["steps"].place
    for name, value in found["steps"].entries().items() if "steps" in found else ():
        if _NAME.match(name):
            file.steps[name] = _StepReader(name, file.places).read(value)
        else:
            value.wrong(
                "という名前は使えません。英小文字・数字・_ で書いてください。",
                "is no name for a step; use small letters, digits and _.",
            )
    return file


class _StepReader:
    """Reads one step and keeps the place of each of its parts."""

    def __init__(self, name: str, places: dict[Key, Place]) -> None:
        self._name = name
        self._places = places

    def _at(self, value: Field, *path: str | int) -> Field:
        self._places["step", self._name, *path] = value.place
        return value

    def read(self, top: Field) -> Step:
        found = self._at(top).known(STEP_KEYS)
        ask = self._at(found["ask"], "ask").one_of(tuple(Context), "free") if "ask" in found else "free"
        return Step(
            name=self._name,
            say=self._at(found["say"], "say").texts() if "say" in found else (),
            ask=Context(ask),
            answers=self._answers(found["answers"]) if "answers" in found else {},
            silence=self._silence(found["silence"]) if "silence" in found else (),
        )

    def _answers(self, top: Field) -> dict[str, tuple[Move, ...]]:
        return {
            word: tuple(self._move(item, "answers", word, number) for number, item in enumerate(value.listed()))
            for word, value in self._at(top, "answers").known(ANSWER_WORDS).items()
        }

    def _silence(self, top: Field) -> tuple[Nudge, ...]:
        nudges = [self._nudge(item, number) for number, item in enumerate(self._at(top, "silence").listed())]
        for number, (before, after) in enumerate(pairwise(nudges), start=1):
            if after.after <= before.after:
                self._out_of_order(list(top.listed())[number])
        return tuple(nudges)

    @staticmethod
    def _out_of_order(item: Field) -> None:
        item.wrong("の after は、前の行より長くしてください。", "must come later than the line before it.")

    def _nudge(self, top: Field, number: int) -> Nudge:
        found = self._at(top, "silence", number).known(("after", *MOVE_KEYS, "at_risk"), ("after",))
        at_risk = found.get("at_risk")
        return Nudge(
            after=found["after"].duration() if "after" in found else timedelta(hours=1),
            move=self._moves(found, "silence", number),
            at_risk=self._move(at_risk, "silence", number, "at_risk") if at_risk else None,
        )

    def _move(self, top: Field, *path: str | int) -> Move:
        return self._moves(self._at(top, *path).known(MOVE_KEYS), *path)

    def _moves(self, found: dict[str, Field], *path: str | int) -> Move:
        move = Move()
        if "say" in found:
            move = replace(move, say=self._at(found["say"], *path, "say").texts())
        if "go" in found:
            move = replace(move, go=self._at(found["go"], *path, "go").text())
        if "record" in found:
            move = replace(move, record=tuple(item.one_of(RECORDS, "report") for item in found["record"].listed()))
        if "escalate" in found:
            move = replace(move, escalate=Priority(found["escalate"].one_of(_ESCALATIONS, "routine")))
        if "call" in found:
            move = replace(move, call=_reason(found["call"]))
        return move


def _reason(value: Field) -> str:
    text = value.text()
    if not _NAME.match(text):
        value.wrong(
            "は理由を表す一語にしてください(英小文字・数字・_)。",
            "must be one word for the reason (small letters, digits, _).",
        )
    return text
