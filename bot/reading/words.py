"""Japanese words in their dictionary form (SudachiPy): to the classifier, いき and 息 are one."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def _tokenizer() -> Any:  # noqa: ANN401  # sudachipy's own class; loading takes 0.05 s and 85 MB, most of it shared
    from sudachipy import Dictionary, SplitMode  # noqa: PLC0415  # only a reader with weights needs it

    return Dictionary(dict="small").tokenizer(SplitMode.A)


def open_dictionary() -> None:
    """Load the dictionary now, so that the first reply need not wait for it."""
    words_of("息")


def words_of(text: str) -> tuple[str, ...]:
    """The words of ``text`` (as people write, not normalised) in their dictionary form; never raises."""
    plain = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is no Unicode to the tokenizer
    return tuple(word for token in _tokenizer().tokenize(plain) if (word := token.normalized_form().strip()))
