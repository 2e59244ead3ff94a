"""A text must fit into what carriers take, and each segment is paid for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.sms import MAX_UNITS, SmsLength, sms_length
from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue, Place
from bot.scripts.samples import sample_values
from bot.scripts.templates import TemplateRefused, flaws

MANY_SEGMENTS = 5
"""A text of more segments than these is worth a second thought (335 characters of Japanese)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A text at its longest; ``utf16`` are UTF-16 units, which the limit of carriers counts."""

    language: str
    key: str
    place: Place
    utf16: int
    length: SmsLength


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Each text at its longest: within the limit, and not of very many segments."""
    for language, texts in bundle.texts.items():
        for key, source in texts.items():
            if not flaws(source):  # those are told by check/template.py
                yield from _text(bundle, language, key)


def measure(bundle: ScriptBundle) -> Iterator[Measured]:
    """Every text that can be put together, with the length that it has at its longest."""
    for language, texts in bundle.texts.items():
        for key, source in texts.items():
            if not flaws(source):
                try:
                    yield _measure(bundle, language, key)
                except TemplateRefused:
                    continue


def _measure(bundle: ScriptBundle, language: str, key: str) -> Measured:
    template = bundle.template(language, key)
    longest = max((template.render(values) for values in sample_values(bundle, language)), key=_utf16)
    return Measured(language, key, bundle.place("text", language, key), _utf16(longest), sms_length(longest))


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(bundle: ScriptBundle, language: str, key: str) -> Iterator[Issue]:
    try:
        text = _measure(bundle, language, key)
    except TemplateRefused as refused:
        place = bundle.place("text", language, key)
        yield Issue.error("sandbox", place, f"本文「{key}」: {refused.ja}", f"Text “{key}”: {refused.en}")
        return
    if text.utf16 > MAX_UNITS:
        yield Issue.error(
            "too-long",
            text.place,
            f"本文「{key}」は長いときに{text.utf16}文字になり、上限の{MAX_UNITS}文字を超えます。",
            f"Text “{key}” can grow to {text.utf16} characters; carriers take {MAX_UNITS}.",
        )
    elif text.length.segments > MANY_SEGMENTS:
        yield Issue.warning(
            "many-segments",
            text.place,
            f"本文「{key}」は長いときに{text.length.segments}通分({text.utf16}文字)になります。",
            f"Text “{key}” can take {text.length.segments} segments ({text.utf16} characters).",
        )
