"""Walks through a script: what happens when somebody always gives the same kind of answer, or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.reading import Priority
from bot.engine.script import BACK, Move, Script, Step
from bot.scripts.steps import Key


@dataclass(frozen=True, slots=True)
class Stride:
    """One move of a walk: made in ``step``, written at ``key``, leading to ``to`` (None: stays)."""

    step: str
    key: Key
    move: Move
    to: str | None


@dataclass(frozen=True, slots=True)
class Walk:
    """``strides`` in order; ``loop`` are those that repeat for ever (empty where the walk ends)."""

    strides: tuple[Stride, ...]
    loop: tuple[Stride, ...] = ()


def moves(step: Step) -> Iterator[tuple[Key, Move]]:
    """Every move of a step with the key of its place."""
    for word, answers in step.answers.items():
        for number, move in enumerate(answers):
            yield ("step", step.name, "answers", word, number), move
    for number, nudge in enumerate(step.silence):
        yield ("step", step.name, "silence", number), nudge.move
        if nudge.at_risk:
            yield ("step", step.name, "silence", number, "at_risk"), nudge.at_risk


def answering(script: Script, start: str, word: str) -> Walk:
    """The walk of a resident who gives only this kind of answer, beginning in ``start``."""
    strides: list[Stride] = []
    seen: dict[tuple[str, int], int] = {}
    at, tries = start, 0
    while True:
        answers = script.steps[at].answers.get(word, ()) if at in script.steps else ()
        if not answers:
            return Walk(tuple(strides))
        number = min(tries, len(answers) - 1)
        if (at, number) in seen:
            return Walk(tuple(strides), tuple(strides[seen[at, number] :]))
        seen[at, number] = len(strides)
        move = answers[number]
        strides.append(Stride(at, ("step", at, "answers", word, number), move, move.go))
        if move.go == BACK:
            return Walk(tuple(strides))
        at, tries = (move.go, 0) if move.go else (at, tries + 1)


def silent(script: Script, start: str) -> Walk:
    """The walk of a resident who never answers, beginning in ``start``."""
    strides: list[Stride] = []
    seen: dict[str, int] = {}
    at: str | None = start
    while at is not None and at in script.steps:
        if at in seen:
            return Walk(tuple(strides), tuple(strides[seen[at] :]))
        seen[at] = len(strides)
        at = _wait_in(script.steps[at], strides)
    return Walk(tuple(strides))


def _wait_in(step: Step, strides: list[Stride]) -> str | None:
    for number, nudge in enumerate(step.silence):
        strides.append(Stride(step.name, ("step", step.name, "silence", number), nudge.move, nudge.move.go))
        if nudge.move.go:
            return nudge.move.go
    return None


def reaches_staff(strides: tuple[Stride, ...], at_least: Priority = Priority.ROUTINE) -> bool:
    """Whether a person hears of it on the way: by an escalation, or by the call list."""
    return any(stride.move.call or escalates(stride.move, at_least) for stride in strides)


def escalates(move: Move, at_least: Priority = Priority.ROUTINE) -> bool:
    """Whether the move opens a task for staff of at least that priority."""
    return move.escalate is not None and move.escalate.rank >= at_least.rank


def text_uses(script: Script) -> Iterator[tuple[str, Key]]:
    """Every text that a step says, with the key of the place that names it."""
    for step in script.steps.values():
        for text in step.say:
            yield text, ("step", step.name, "say")
        for key, move in moves(step):
            for text in move.say:
                yield text, (*key, "say")
