"""Frequent questions: words that can be found, each leading to one answer."""

from __future__ import annotations

from collections.abc import Iterator

from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Texts that do not exist are found by check/missing_texts.py."""
    owners: dict[str, str] = {}
    for number, question in enumerate(bundle.script.program.faq):
        place = bundle.place("program", "faq", number)
        for word in question.words:
            if len(word.strip()) < 2:
                yield Issue.error(
                    "faq",
                    place,
                    f"よくある質問「{question.topic}」の語「{word}」は短すぎます(2文字から)。",
                    f"The word “{word}” of the question “{question.topic}” is too short (2 characters at least).",
                )
            elif owners.setdefault(word.lower(), question.topic) != question.topic:
                other = owners[word.lower()]
                yield Issue.warning(
                    "faq",
                    place,
                    f"語「{word}」は質問「{other}」にもあります。どちらとも決まらないときは職員に回ります。",
                    f"The word “{word}” also belongs to the question “{other}”: where both fit, staff must answer.",
                )
