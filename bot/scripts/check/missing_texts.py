"""Every text that is said must be written in every language."""

from __future__ import annotations

from collections.abc import Iterator

from bot.engine.script import ENGINE_TEXTS
from bot.scripts.bundle import ScriptBundle
from bot.scripts.check.walk import text_uses
from bot.scripts.issue import Issue, Place
from bot.scripts.source import COMMON


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Each text that a step, a frequent question or the engine says."""
    places = {text: bundle.place(*key) for text, key in reversed(list(text_uses(bundle.script)))}
    for number, question in reversed(list(enumerate(bundle.script.program.faq))):
        places[question.say] = bundle.place("program", "faq", number)
    for text in ENGINE_TEXTS:
        places.setdefault(text, Place(f"{COMMON}/texts/ja.yaml"))
    for text, place in places.items():
        yield from _in_every_language(bundle, text, place)


def _in_every_language(bundle: ScriptBundle, text: str, place: Place) -> Iterator[Issue]:
    missing = [language for language, texts in bundle.texts.items() if text not in texts]
    if missing == list(bundle.texts):
        why = "プログラムがいつも使う" if text in ENGINE_TEXTS else "ここで使う"
        yield Issue.error(
            "missing-text",
            place,
            f"{why}本文「{text}」がどの言語にもありません。",
            f"The text “{text}” is written in no language.",
        )
        return
    written = next(
        (bundle.place("text", language, text) for language in bundle.texts if language not in missing), place
    )
    for language in missing:
        file = written.file.rsplit("/", 1)[0] + f"/{language}.yaml"
        yield Issue.error(
            "missing-text",
            written,
            f"本文「{text}」が {file} にありません。",
            f"The text “{text}” is missing in {file}.",
        )
