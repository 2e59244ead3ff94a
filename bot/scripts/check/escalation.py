"""Risk, and what nobody understood, must reach a person."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.reading import Context, Priority
from bot.engine.script import Script, Step
from bot.scripts.bundle import ScriptBundle
from bot.scripts.check.walk import Walk, answering, escalates, reaches_staff
from bot.scripts.issue import Issue


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Urgent and unclear answers reach a person from every step."""
    for step in bundle.script.steps.values():
        yield from _urgent(bundle, step)
        yield from _unclear(bundle, step)
        if step.ask is Context.DANGER:
            yield from _danger(bundle, step)


def _urgent(bundle: ScriptBundle, step: Step) -> Iterator[Issue]:
    for number, move in enumerate(step.answers.get("urgent", ())):
        if not escalates(move, Priority.URGENT):
            yield Issue.error(
                "missing-escalation",
                bundle.place("step", step.name, "answers", "urgent", number),
                f"step「{step.name}」の urgent に escalate: urgent がなく、急ぐ知らせが職員に届きません。",
                f"“urgent” in the step “{step.name}” lacks “escalate: urgent”: staff would not hear of it.",
            )


def _unclear(bundle: ScriptBundle, step: Step) -> Iterator[Issue]:
    if not step.answers.get("unclear"):
        return  # check/answers.py tells it
    walk = answering(bundle.script, step.name, "unclear")
    if not (reaches_staff(walk.strides) or _asks_danger(bundle.script, walk)):
        yield Issue.error(
            "missing-escalation",
            bundle.place("step", step.name, "answers", "unclear", 0),
            f"step「{step.name}」でわからない返事が続いても、危険の確認(danger)にも職員(escalate)にも届きません。",
            f"Unclear answers in the step “{step.name}” never lead to the danger question nor to staff (“escalate”).",
        )


def _asks_danger(script: Script, walk: Walk) -> bool:
    names = [stride.to for stride in walk.strides if stride.to in script.steps]
    return any(script.steps[name].ask is Context.DANGER for name in names if name)


def _danger(bundle: ScriptBundle, step: Step) -> Iterator[Issue]:
    for word, answers in step.answers.items():
        for number, move in enumerate(answers):
            if word not in {"yes", "urgent"} and not escalates(move):
                yield Issue.error(
                    "missing-escalation",
                    bundle.place("step", step.name, "answers", word, number),
                    f"step「{step.name}」の {word} に escalate がなく、わからなかった返事が職員に届きません。",
                    f"“{word}” in the step “{step.name}” lacks “escalate”: no person would see it.",
                )
