"""Silence is a finding too: where a question stays open, a person must come to hear of it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.reading import Context
from bot.scripts.bundle import ScriptBundle
from bot.scripts.check.walk import reaches_staff, silent
from bot.scripts.issue import Issue


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Each step that asks something, or that says what silence leads to."""
    for step in bundle.script.steps.values():
        asks = bool(step.say) and step.ask is not Context.FREE
        if (asks or step.silence) and not reaches_staff(silent(bundle.script, step.name).strides):
            yield Issue.error(
                "unheard-silence",
                bundle.place("step", step.name, "silence"),
                f"step「{step.name}」で返事がないままでも、電話リスト(call)にも職員(escalate)にも届きません。",
                f"Silence in the step “{step.name}” never leads to the call list (“call”) nor to staff (“escalate”).",
            )
