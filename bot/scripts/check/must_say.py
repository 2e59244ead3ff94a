"""What no script can leave out: 119 in an emergency, who is writing, and any words at all in what the engine says."""

from __future__ import annotations

from collections.abc import Iterator

from bot.engine.script import ENGINE_TEXTS
from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue
from bot.scripts.render import EMERGENCY_NUMBER
from bot.scripts.samples import sample_values
from bot.scripts.templates import TemplateRefused, compile_template, flaws


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """The texts that residents depend on, in every language."""
    start = bundle.script.steps.get(bundle.script.start)
    first = start.say if start else ()
    for language, texts in bundle.texts.items():
        for key in dict.fromkeys([*ENGINE_TEXTS, *first]):
            if key in texts and not flaws(texts[key]):
                yield from _text(bundle, language, key, names_center=key in first)


def _text(bundle: ScriptBundle, language: str, key: str, *, names_center: bool) -> Iterator[Issue]:
    source, place = bundle.texts[language][key], bundle.place("text", language, key)
    try:
        template = bundle.template(language, key)
        rendered = [template.render(values) for values in sample_values(bundle, language)]
    except TemplateRefused:
        return  # check/length.py tells it
    if not all(text.strip() for text in rendered):
        yield Issue.error("must-say", place, f"文「{key}」が空です。", f"The text “{key}” is empty.")
    elif key == "emergency" and not all(EMERGENCY_NUMBER in text for text in rendered):
        yield Issue.error(
            "must-say",
            place,
            f"緊急の文「{key}」に {EMERGENCY_NUMBER} がありません。",
            f"The emergency text “{key}” does not name {EMERGENCY_NUMBER}.",
        )
    elif names_center and "center" not in compile_template(source).variables:
        yield Issue.error(
            "must-say",
            place,
            f"最初の文「{key}」に保健所の名前({{{{ center }}}})がありません。",
            f"The first text “{key}” does not name the center ({{{{ center }}}}).",
        )
