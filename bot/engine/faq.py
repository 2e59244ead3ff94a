"""Frequent questions of a program."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.program import Faq


def answer_for(faqs: Sequence[Faq], text: str, *, consented: bool) -> str | None:
    """The text that answers the question; None where the list does not have it, or two topics fit equally well."""
    faqs = [faq for faq in faqs if consented or faq.before_consent]
    plain = _plain(text)
    scores = [(sum(_plain(word) in plain for word in faq.words), faq.say) for faq in faqs]
    best = max((score for score, _ in scores), default=0)
    keys = {say for score, say in scores if score == best}
    return keys.pop() if best and len(keys) == 1 else None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
