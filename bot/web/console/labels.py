"""The form in which a reply gets its right labels, for staff and managers alike."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING

from bot.corrections.labels import INTENTS, PRIORITIES, SIGNS, Labels
from bot.domain.reading import RED_FLAGS
from bot.web.console.words import Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.scripts.library import ScriptLibrary

TOLD = ("present", "absent")
_GROUPS = (
    (Word("緊急の症状", "Red flags"), tuple(code for code in SIGNS if code in RED_FLAGS)),
    (Word("そのほかの症状", "Other symptoms"), tuple(code for code in SIGNS if code not in RED_FLAGS)),
)


def sign_words(library: ScriptLibrary) -> dict[str, Word]:
    """Words of every sign, from those that all scripts share."""
    for program in library.programs():
        words = library.current(program).words
        ja, en = words["ja"].symptoms, words["en"].symptoms
        return {code: Word(ja.get(code, code), en.get(code, code)) for code in SIGNS}
    return {code: Word(code, code) for code in SIGNS}


def groups_of_signs(labels: Labels) -> list[tuple[Word, Sequence[str]]]:
    """Signs as the form shows them: those that are labelled first, then by group."""
    told = [*labels.present, *labels.absent]
    first = [(Word("読み取った・選んだ症状", "Signs so far"), tuple(told))] if told else []
    rest = [(title, tuple(code for code in codes if code not in told)) for title, codes in _GROUPS]
    return [*first, *rest]


def labels_of_form(form: Mapping[str, str], start: Labels) -> Labels:
    """What a form says; what it does not ask for stays as in ``start``, and what is no number becomes NaN."""
    present, absent = start.present, start.absent
    if any(f"sign-{code}" in form for code in SIGNS):
        present, absent = (tuple(c for c in SIGNS if form.get(f"sign-{c}") == told) for told in TOLD)
    return Labels(
        priority=_chosen(form, "priority", PRIORITIES, start.priority),
        intent=_chosen(form, "intent", INTENTS, start.intent),
        temperature=_number(form, "temperature", start.temperature),
        spo2=_number(form, "spo2", start.spo2),
        present=present,
        absent=absent,
    )


def _chosen(form: Mapping[str, str], name: str, choices: Sequence[str], start: tuple[str, ...]) -> tuple[str, ...]:
    """One choice from a list or buttons, or several ticked ones; several may be none, which is told afterwards."""
    if f"{name}-several" in form:
        return tuple(choice for choice in choices if f"{name}-{choice}" in form)
    return (form[name],) if form.get(name) else start


def _number(form: Mapping[str, str], name: str, start: float | None) -> float | None:
    if name not in form:
        return start
    text = unicodedata.normalize("NFKC", form[name]).strip().rstrip("%℃度").replace(",", ".")
    try:
        return float(text) if text else None
    except ValueError:
        return math.nan
