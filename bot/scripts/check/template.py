"""Texts must be well-formed templates that stay inside the sandbox and name only variables that exist."""

from __future__ import annotations

from collections.abc import Iterator

from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue, Place
from bot.scripts.templates import OPTIONS_TEXT, compile_template, flaws


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Each text in each language."""
    for language, texts in bundle.texts.items():
        for key, source in texts.items():
            yield from _text(bundle.place("text", language, key, "body"), key, source)


def _text(body: Place, key: str, source: str) -> Iterator[Issue]:
    found = flaws(source)
    for flaw in found:
        place = Place(body.file, body.line + flaw.line - 1)
        yield Issue.error(flaw.code, place, f"本文「{key}」: {flaw.ja}", f"Text “{key}”: {flaw.en}")
    if not found and key != OPTIONS_TEXT and "options" in compile_template(source).variables:
        yield Issue.error(
            "unknown-variable",
            body,
            f"本文「{key}」: 変数 options は {OPTIONS_TEXT} だけで使えます。",
            f"Text “{key}”: the variable “options” is only known in “{OPTIONS_TEXT}”.",
        )
