"""What is said before consent holds no health data: somebody else may be reading it.

That is the first text to a number, and the answers to frequent questions that are marked ``before_consent``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue, Place
from bot.scripts.templates import compile_template, flaws

_TELLING_VARIABLES = ("program", "understood", "day0", "last_day", "release_on")
_TELLING_WORDS = ("陽性", "感染", "発症", "濃厚接触", "コロナ", "positive", "infected", "infection", "covid")
_EVERYDAY_SIGNS = frozenset({"anxiety", "strange", "rescue"})
"""Their words ("worry", "call for help") are said of other things too."""

_SPLIT = re.compile(r"と接触した方|[\s()()[\]・、,/:：の]+")
_TELLING_PART = re.compile(
    r"^(?!.*\d)(?:[ぁ-ん]{3,}$|(?=.*[ァ-ヶー一-龠々]).{3}|[一-龠々]{2}|[a-z-]{3})|covid", re.IGNORECASE
)
"""Words of three kana or letters or of two kanji; no dates."""

_COMMON_WORDS = frozenset({
    "接触者", "健康観察", "健康", "観察", "見守り", "みまもり", "あった", "以降", "から", "まで", "contact", "contacts",
    "health", "home", "care", "follow-up", "observation", "recommendation", "only", "check", "checks", "for", "from",
    "the", "and", "until", "after", "since", "with", "people", "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
})  # fmt: skip


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """No word or variable of health in what the first step says, nor in answers given before consent."""
    start = bundle.script.steps.get(bundle.script.start)
    questions = [question.say for question in bundle.script.program.faq if question.before_consent]
    for key in dict.fromkeys([*(start.say if start else ()), *questions]):
        for language, texts in bundle.texts.items():
            if key in texts and not flaws(texts[key]):
                yield from _text(bundle, language, key)


def _text(bundle: ScriptBundle, language: str, key: str) -> Iterator[Issue]:
    source, body = bundle.texts[language][key], bundle.place("text", language, key, "body")
    for variable in _TELLING_VARIABLES:
        if variable in compile_template(source).variables:
            yield _issue(_at(body, source, variable), key, variable)
    for word in health_words(bundle, language):
        if says(source, word):
            yield _issue(_at(body, source, word), key, word)


def health_words(bundle: ScriptBundle, language: str) -> list[str]:
    """Words that tell what somebody has: symptoms, the parts of the program's title, and a few that always do."""
    title = bundle.script.program.title.get(language, "")
    parts = [part for part in _SPLIT.split(title) if part.lower() not in _COMMON_WORDS and _TELLING_PART.match(part)]
    symptoms = [word for code, word in bundle.words[language].symptoms.items() if code not in _EVERYDAY_SIGNS]
    return sorted({*filter(None, symptoms), *parts, *_TELLING_WORDS})


def says(text: str, word: str) -> bool:
    """Whether the text holds the word; Latin words only as whole words."""
    if word.isascii():
        return re.search(rf"(?<![a-z]){re.escape(word.lower())}(?![a-z])", text.lower()) is not None
    return word in text


def _at(body: Place, source: str, word: str) -> Place:
    before = source.lower().partition(word.lower())[0]
    return Place(body.file, body.line + before.count("\n"))


def _issue(place: Place, key: str, word: str) -> Issue:
    return Issue.error(
        "first-touch",
        place,
        f"同意の前に送る「{key}」に健康のことがわかる語「{word}」があります。別の人が読むかもしれません。",
        f"The text “{key}”, sent before consent, tells of health (“{word}”); somebody else may be reading it.",
    )
