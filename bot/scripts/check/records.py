"""What residents tell must be written down: consent in the ledger, reports of health as reports."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.reading import Context
from bot.engine.script import Step
from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue

_CONSENT = {"yes": "consent_given", "no": "consent_declined"}
_HEALTH = frozenset({Context.DAILY, Context.TEMPERATURE, Context.SPO2, Context.RECOVERY, Context.DANGER})
_REPORTS = ("report", "urgent")


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Consent answers record consent; reports of health record a report."""
    for step in bundle.script.steps.values():
        if step.ask is Context.CONSENT:
            yield from _consent(bundle, step)
        if step.ask in _HEALTH:
            yield from _reports(bundle, step)


def _consent(bundle: ScriptBundle, step: Step) -> Iterator[Issue]:
    for word, record in _CONSENT.items():
        for number, move in enumerate(step.answers.get(word, ())):
            if record not in move.record:
                yield Issue.error(
                    "missing-record",
                    bundle.place("step", step.name, "answers", word, number),
                    f"step「{step.name}」の {word} に record: {record} がなく、同意の記録が残りません。",
                    f"“{word}” in the step “{step.name}” lacks “record: {record}”: no consent would be written down.",
                )


def _reports(bundle: ScriptBundle, step: Step) -> Iterator[Issue]:
    for word in _REPORTS:
        for number, move in enumerate(step.answers.get(word, ())):
            if "report" not in move.record:
                yield Issue.warning(
                    "missing-record",
                    bundle.place("step", step.name, "answers", word, number),
                    f"step「{step.name}」の {word} に record: report がなく、体調の記録が残りません。",
                    f"“{word}” in the step “{step.name}” lacks “record: report”: no report would be written down.",
                )
