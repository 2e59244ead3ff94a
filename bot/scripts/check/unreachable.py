"""A step that no answer, no silence and no hour leads to is never seen by anybody."""

from __future__ import annotations

from collections.abc import Iterator

from bot.engine.script import RESERVED_STEPS, Script
from bot.scripts.bundle import ScriptBundle
from bot.scripts.check.walk import moves
from bot.scripts.issue import Issue


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Each step that nothing leads to."""
    reached = reachable(bundle.script)
    for name in bundle.script.steps:
        if name not in reached:
            yield Issue.error(
                "unreachable-step",
                bundle.place("step", name),
                f"step「{name}」へ進む go がどこにもありません。",
                f"Nothing leads to the step “{name}”.",
            )


def reachable(script: Script) -> set[str]:
    """Steps that a conversation can come to; the engine itself enters the reserved ones."""
    waiting = [script.start, *RESERVED_STEPS]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in script.steps and name not in reached:
            reached.add(name)
            waiting += [move.go for _, move in moves(script.steps[name]) if move.go]
    return reached
