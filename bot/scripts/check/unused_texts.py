"""A text that nobody says is often a slip of the pen in a text's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.engine.script import ENGINE_TEXTS
from bot.scripts.bundle import ScriptBundle
from bot.scripts.check.walk import text_uses
from bot.scripts.issue import Issue
from bot.scripts.source import COMMON


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """The program's own texts; common ones are used by one program and not by another (see ``common``)."""
    for language, text in _unused(bundle):
        if not bundle.place("text", language, text).file.startswith(f"{COMMON}/"):
            yield _issue(bundle, language, text)


def common(bundles: Iterable[ScriptBundle]) -> Iterator[Issue]:
    """Common texts that none of these programs says."""
    bundles = list(bundles)
    everywhere = [set(_unused(bundle)) for bundle in bundles]
    for language, text in sorted(set.intersection(*everywhere)) if everywhere else ():
        if bundles[0].place("text", language, text).file.startswith(f"{COMMON}/"):
            yield _issue(bundles[0], language, text)


def used(bundle: ScriptBundle) -> set[str]:
    """Names of all texts that the script, its frequent questions or the engine can say."""
    said = {text for text, _ in text_uses(bundle.script)}
    return said | set(ENGINE_TEXTS) | {question.say for question in bundle.script.program.faq}


def _unused(bundle: ScriptBundle) -> Iterator[tuple[str, str]]:
    keys = used(bundle)
    for language, texts in bundle.texts.items():
        yield from ((language, text) for text in texts if text not in keys)


def _issue(bundle: ScriptBundle, language: str, text: str) -> Issue:
    return Issue.warning(
        "unused-text",
        bundle.place("text", language, text),
        f"本文「{text}」はどこでも使われていません。",
        f"The text “{text}” is used nowhere.",
    )
