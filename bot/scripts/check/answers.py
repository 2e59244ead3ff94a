"""Every kind of answer that can come in a step must lead somewhere, and to a step that exists."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.reading import Context
from bot.engine.script import BACK, Step
from bot.scripts.bundle import ScriptBundle
from bot.scripts.check.walk import moves
from bot.scripts.issue import Issue

ALWAYS = ("report", "urgent", "question", "unclear")
"""Whatever was asked, a resident may tell how they are, ask something, or write what nobody understands."""

NEEDED = {Context.CONSENT: ("yes", "no"), Context.DANGER: ("no",)}


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Each step answers the words it must, and its moves lead to steps that exist."""
    for step in bundle.script.steps.values():
        yield from _unknown_steps(bundle, step)
        yield from _missing_words(bundle, step)
        yield from _engines_words(bundle, step)


def _unknown_steps(bundle: ScriptBundle, step: Step) -> Iterator[Issue]:
    for key, move in moves(step):
        if move.go and move.go != BACK and move.go not in bundle.script.steps:
            yield Issue.error(
                "unknown-step",
                bundle.place(*key, "go"),
                f"go の行き先「{move.go}」という step はありません。",
                f"“go” names the step “{move.go}”, which does not exist.",
            )


def _missing_words(bundle: ScriptBundle, step: Step) -> Iterator[Issue]:
    missing = [word for word in (*NEEDED.get(step.ask, ()), *ALWAYS) if not step.answers.get(word)]
    if missing:
        words = ", ".join(missing)
        yield Issue.error(
            "missing-answer",
            bundle.place("step", step.name, "answers"),
            f"step「{step.name}」({step.ask} をたずねる)の answers に {words} がありません。",
            f"The step “{step.name}” (it asks “{step.ask}”) does not say what follows on: {words}.",
        )


def _engines_words(bundle: ScriptBundle, step: Step) -> Iterator[Issue]:
    if step.ask is Context.DANGER and "yes" in step.answers:
        yield Issue.warning(
            "engine-answer",
            bundle.place("step", step.name, "answers", "yes", 0),
            f"step「{step.name}」の yes は使われません。危険があるという答えは、緊急としてプログラムが扱います。",
            f"“yes” in the step “{step.name}” is never used: the engine itself treats it as an emergency.",
        )
