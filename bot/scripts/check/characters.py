"""Characters that a road of Shift_JIS, as many in Japan are, would break and nobody may rewrite."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.charset import fit
from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue
from bot.scripts.samples import sample_values
from bot.scripts.templates import TemplateRefused, flaws

TABLE = "shift_jis"


def check(bundle: ScriptBundle) -> Iterator[Issue]:
    """Each text as residents would get it; what survives by being rewritten (～ to 〜, no emoji) is no issue."""
    for language, texts in bundle.texts.items():
        for key, source in texts.items():
            broken = "" if flaws(source) else _broken(bundle, language, key)
            if broken:
                yield Issue.warning(
                    "characters",
                    bundle.place("text", language, key),
                    f"本文「{key}」の {broken} は、Shift_JISの経路では送れません(その経路は使われません)。",
                    f"Text “{key}” holds {broken}, which no road of Shift_JIS carries (it will take another road).",
                )


def _broken(bundle: ScriptBundle, language: str, key: str) -> str:
    """Those characters of the words of the script; names of residents are looked at when a text is sent."""
    template = bundle.template(language, key)
    try:
        texts = [template.render(values) for values in sample_values(bundle, language)]
    except TemplateRefused:  # told by check/template.py
        return ""
    return " ".join(dict.fromkeys(char for text in texts for char in fit(text, TABLE).problems))
