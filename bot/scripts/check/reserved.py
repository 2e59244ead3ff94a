"""Steps that the engine itself enters must be there and ask what the engine counts on."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.reading import Context
from bot.engine.script import RESERVED_STEPS
from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue

_ASKS = {"consent": Context.CONSENT, "danger": Context.DANGER}


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """The reserved steps and the first step."""
    script = bundle.script
    for name in RESERVED_STEPS:
        if name not in script.steps:
            yield Issue.error(
                "reserved-step",
                bundle.place("steps"),
                f"かならず必要な step「{name}」がありません。",
                f"The step “{name}”, which every script needs, is missing.",
            )
    for name, ask in _ASKS.items():
        if name in script.steps and script.steps[name].ask is not ask:
            yield Issue.error(
                "reserved-step",
                bundle.place("step", name, "ask"),
                f"step「{name}」の ask は {ask} にしてください。",
                f"The step “{name}” must ask “{ask}”.",
            )
    if script.start not in script.steps:
        yield Issue.error(
            "unknown-step",
            bundle.place("start"),
            f"はじめの step「{script.start}」がありません。",
            f"The first step “{script.start}” does not exist.",
        )
