"""The reader: the words of a reply, in the context of the question asked last, become a Reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.domain.reading import Context, Intent, Part, Priority, Reading, worst
from bot.reading import household
from bot.reading.combine import Found, combine, intent_of, priority_of, without_numbers
from bot.reading.find import find
from bot.reading.learn import Sample
from bot.reading.normalise import Normalised, normalise
from bot.reading.second import core_words, explained, language_of, second_look
from bot.reading.shelf import Shelf, read_folder
from bot.reading.understood import understood

LONGEST = 2_500
"""Characters that are read; no carrier delivers more than 1,600 in one text."""
_HEAD = 1_700


class Reader:
    """Reads replies by the rules of the lexicon; keeps no state between replies and may be shared by threads."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.version = shelf.version

    @classmethod
    def load(cls, folder: Path) -> Reader:
        """A reader with the lexicon files in ``folder`` (shipped as ``conversations/reading``).

        Raises ScriptError where a file is missing or cannot be used.
        """
        return cls(Shelf(read_folder(folder)))

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Reader:
        """A reader made of the bytes of lexicon files by name, as ``files`` of another one gave them."""
        return cls(Shelf(files))

    @property
    def files(self) -> Mapping[str, bytes]:
        """All files that make up ``version``, by name."""
        return self._shelf.files

    def read(self, text: str, context: Context, language: str | None = None) -> Reading:  # noqa: ARG002
        """What ``text`` says as an answer to ``context``. Never raises, whatever the text.

        ``language`` is the resident's, from the file; the language is told from the text itself.
        """
        context = Context(context)
        if len(text) > LONGEST:
            return self._read_ends(text, context)
        plain = normalise(text)
        return self._without_courtesy(text, plain, context) or self._judge(find(text, plain, context, self._shelf))

    def _without_courtesy(self, text: str, plain: Normalised, context: Context) -> Reading | None:
        """The reading of what is said besides polite words, where that is something known by itself."""
        place = self._shelf.courtesy.inside(plain.text)
        if place is None:
            return None
        start, end = plain.span(*place)
        inner = text[start:end]
        reading = self._judge(find(inner, normalise(inner), context, self._shelf))
        if reading.intent in (Intent.OTHER, Intent.THANKS):
            return None
        evidence = (replace(mark, start=mark.start + start, end=mark.end + start) for mark in reading.evidence)
        return replace(reading, evidence=tuple(evidence))

    def _judge(self, found: Found) -> Reading:
        priority = priority_of(found)
        intent = intent_of(found, priority)
        known = understood(found, priority, intent)
        reading = combine(found, priority, intent, understood=known, version=self.version)
        classifier = self._shelf.classifier
        return reading if classifier is None else second_look(found, reading, classifier)

    def with_weights(self, weights: bytes | None) -> Reader:
        """The same rules with other weights (the contents of ``weights.bin``), or with none."""
        return Reader(self._shelf.with_weights(weights))

    def sample(self, row: Mapping[str, Any]) -> Sample:
        """A labelled reply (``evaluate.read_labelled``) as ``learn`` takes it."""
        context = Context(row["context"])
        text = row["text"][:LONGEST]
        found = find(text, normalise(text), context, self._shelf)
        priority = priority_of(found)
        return Sample(
            id=row["id"],
            text=text,
            core=core_words(found),
            context=context,
            language=language_of(found),
            priorities=frozenset(map(Priority, row["priority"])),
            light=priority.rank < Priority.URGENT.rank,
            known=explained(found, understood=understood(found, priority, intent_of(found, priority))),
            by_number=priority.rank >= Priority.URGENT.rank > priority_of(without_numbers(found)).rank,
        )

    def warm(self) -> None:
        """Compile every language now, so that the first reply in each costs no more than the next (about 1 s)."""
        self._shelf.open_all()

    def _read_ends(self, text: str, context: Context) -> Reading:
        """A text longer than any SMS: its beginning and end are read, and a person must read the rest the same day."""
        head, tail = text[:_HEAD], text[-(LONGEST - _HEAD - 1) :]
        reading = self.read(f"{head}\n{tail}", context)
        shift = len(text) - len(tail) - len(head) - 1
        evidence = tuple(
            replace(mark, start=mark.start + shift, end=mark.end + shift) if mark.start > len(head) else mark
            for mark in reading.evidence
        )
        priority = worst(reading.priority, Priority.URGENT)
        return replace(reading, priority=priority, understood=False, evidence=evidence)

    def read_for(self, text: str, context: Context, members: Sequence[Sequence[str]], asked: int | None) -> list[Part]:
        """The readings in a reply from a phone that several people share.

        ``members[i]`` are the spellings of the names of member i; ``asked`` is the member asked last, if one was.
        """
        return household.read_for(self, text, context, members, asked)
