"""Accents as evidence: letters that only one language has, and words that only their accents tell apart.

Replies are folded before they are read, so that "ói" (vomits) and "ơi" (dear) look the same. Where the letters of a
reply show that it is typed with accents, the harmless one of such a pair gets a spelling of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from bot.reading.normalise import Normalised

if TYPE_CHECKING:
    from bot.reading.shelf import Book, Shelf

_LATIN_WORD = re.compile(r"[a-z]+")
_ENOUGH = 2


class Accents:
    """``sure`` are letters that give the language away, ``table`` the spellings of words told apart."""

    def __init__(self, head: Mapping[str, Any]) -> None:
        self.sure = re.compile(head["sure"]) if head.get("sure") else None
        self.table = {
            unicodedata.normalize("NFC", word): written
            for written, words in head.get("accents") or ()
            for word in words.split()
        }


def sure_letters(books: Iterable[Book]) -> re.Pattern[str] | None:
    """Any letter that gives away one of the languages of ``books``."""
    told = [book.accents.sure.pattern for book in books if book.accents.sure]
    return re.compile("|".join(told)) if told else None


def by_accents(shelf: Shelf, raw: str, folded: str) -> tuple[Sequence[Book], Accents | None]:
    """The books that a reply can be in by its accents, and the accents to read it by, if any.

    A second language stays where some words are its own alone ("em khó chịu, I can't breathe").
    """
    books = shelf.books
    if raw.isascii() or shelf.sure is None:
        return books, None
    told = unicodedata.normalize("NFC", raw).lower()
    if not shelf.sure.search(told):
        return books, None
    counts = [(len(book.accents.sure.findall(told)) if book.accents.sure else 0, book) for book in books]
    _, best = max(counts, key=itemgetter(0))
    words = set(_LATIN_WORD.findall(folded)) - best.hints
    return [
        book for book in books if book is best or not book.hints or len(words & book.hints) >= _ENOUGH
    ], best.accents


def told_apart(plain: Normalised, raw: str, accents: Accents | None) -> Normalised:
    """``plain``, made of ``raw``, with the words that only their accents tell apart written apart."""
    if accents is None or not accents.table:
        return plain

    def written(match: re.Match[str]) -> str | None:
        start, end = plain.span(match.start(), match.end())
        return accents.table.get(unicodedata.normalize("NFC", raw[start:end]).lower())

    return plain.rewrite(_LATIN_WORD, written)
