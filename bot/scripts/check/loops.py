"""Texts that could go out again and again with nobody taking part.

Three kinds: a silence that falls at once (``after: 0m``); silences that lead in a circle, so that someone who never
answers is texted for ever; and the same kind of answer leading in a circle through steps that say something while no
person hears of it, so that two robots could text each other for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.engine.script import ANSWER_WORDS, Script
from bot.scripts.bundle import ScriptBundle
from bot.scripts.check.walk import Stride, answering, reaches_staff, silent
from bot.scripts.issue import Issue


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """The three kinds of circles that this file names."""
    yield from _no_wait(bundle)
    for name in bundle.script.steps:
        loop = silent(bundle.script, name).loop
        if loop and loop[0].step == name:
            yield _silent_circle(bundle, loop)
        for word in ANSWER_WORDS:
            loop = answering(bundle.script, name, word).loop
            if _is_circle(bundle.script, loop) and loop[0].step == name:
                yield _answer_circle(bundle, loop, word)


def _no_wait(bundle: ScriptBundle) -> Iterator[Issue]:
    for step in bundle.script.steps.values():
        for number, nudge in enumerate(step.silence):
            if nudge.after <= timedelta(0):
                yield Issue.error(
                    "loop",
                    bundle.place("step", step.name, "silence", number),
                    "after は 1m(1分)以上にしてください。待たずに次へ進みます。",
                    "“after” must be 1m (a minute) or more: without a wait the script runs on by itself.",
                )


def _is_circle(script: Script, loop: tuple[Stride, ...]) -> bool:
    entered = [stride.to for stride in loop if stride.to]
    says = any(stride.move.say for stride in loop) or any(script.steps[name].say for name in entered)
    return bool(entered) and says and not reaches_staff(loop)


def _silent_circle(bundle: ScriptBundle, loop: tuple[Stride, ...]) -> Issue:
    way = _way(loop)
    return Issue.error(
        "loop",
        bundle.place(*loop[-1].key),
        f"返事がないまま同じ step を回りつづけます({way})。",
        f"Without any answer the script goes round for ever ({way}).",
    )


def _answer_circle(bundle: ScriptBundle, loop: tuple[Stride, ...], word: str) -> Issue:
    way = _way(loop)
    return Issue.error(
        "loop",
        bundle.place(*loop[-1].key),
        f"{word} の返事だけで、職員に届かないまま同じ step を回りつづけます({way})。",
        f"Answers of the kind “{word}” alone go round for ever and no person hears of it ({way}).",
    )


def _way(loop: tuple[Stride, ...]) -> str:
    names = [stride.step for stride in loop if stride.to]
    return " → ".join([*names, loop[0].step])
