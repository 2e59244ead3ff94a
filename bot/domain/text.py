"""Texts as they can be stored, read and sent."""

from __future__ import annotations

import unicodedata

DAMAGE = "\N{REPLACEMENT CHARACTER}"


def clean_text(text: str) -> str:
    """What can be stored and read: broken surrogates and control characters become U+FFFD, new lines stay."""
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(DAMAGE if _is_control(char) else char for char in joined)


def is_clean(text: str) -> bool:
    """Whether nothing in the text would have to be replaced."""
    return clean_text(text) == text


def _is_control(char: str) -> bool:
    return unicodedata.category(char) == "Cc" and char not in "\t\n\r"
