"""The reader: the words of a reply, in the context of the question asked last, become a Reading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.domain.reading import Context, Intent, Part, Priority, Reading, worst
from bot.reading import household
from bot.reading.accents import by_accents, told_apart
from bot.reading.answers import Answers, read_keyword, read_yes_no
from bot.reading.combine import Found, combine, intent_of, priority_of
from bot.reading.coverage import has_words, unknown_clauses
from bot.reading.hanzi import in_letters_of
from bot.reading.language import choose, from_romaji
from bot.reading.learn import Sample
from bot.reading.lexicon import Lexicon, Rule
from bot.reading.menu import Menu, read_menu
from bot.reading.normalise import Normalised, normalise
from bot.reading.numbers import write_digits
from bot.reading.second import core_words, language_of, second_look
from bot.reading.shelf import Shelf, read_folder
from bot.reading.signs import MASK, Sign, Status, find_signs, mask_idioms
from bot.reading.spelling import moved
from bot.reading.values import read_values

LONGEST = 2_500
"""Characters that are read; no carrier delivers more than 1,600 in one text."""
_HEAD = 1_700
_AMBULANCE = re.compile(r"[\W_]*(?P<number>119)[\W_]*(?:番|です|please|pls)?[\W_]*$")
_YET = re.compile("でも|けど|けれど|ただ|しかし|だが|ですが|ますが|のに|なんか")
_GRAVE_NUMBER = re.compile(r"[\W_]*[34][ 、,:。/]+3[3-9]|[\W_]*[34][ 、,:。/]+4[0-2]")
_CALLED = Rule("red_flags", "rescue", _AMBULANCE)
_FRIENDLY = re.compile(
    "[\\s\ufe0f\u200d\U0001f3fb-\U0001f3ff]*(?:[\U0001f600\U0001f603\U0001f604\U0001f60a\U0001f642\u263a"
    "\U0001f44c\U0001f44d\U0001f646\U0001f647\U0001f64b\U0001f64f\u2764]"
    "[\\s\ufe0f\u200d\u2640\u2642\U0001f3fb-\U0001f3ff]*)+"
)
_GESTURE = re.compile(
    "(?P<yes>[\U0001f44c\U0001f44d\U0001f646\u2b55\u2705])|[\U0001f44e\U0001f645\u274c\U0001f6ab\u2716]"
)
"""A sign of the hand or arms that is all the answer to a question of yes or no."""
_NODDED = Rule("intents", "thanks", _FRIENDLY)


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
        return self._without_courtesy(text, plain, context) or self._judge(self._find(text, plain, context))

    def _without_courtesy(self, text: str, plain: Normalised, context: Context) -> Reading | None:
        """The reading of what is said besides polite words, where that is something known by itself."""
        place = self._shelf.courtesy.inside(plain.text)
        if place is None:
            return None
        start, end = plain.span(*place)
        inner = text[start:end]
        reading = self._judge(self._find(inner, normalise(inner), context))
        if reading.intent in (Intent.OTHER, Intent.THANKS):
            return None
        evidence = (replace(mark, start=mark.start + start, end=mark.end + start) for mark in reading.evidence)
        return replace(reading, evidence=tuple(evidence))

    def _judge(self, found: Found) -> Reading:
        reading = combine(found, understood=_understood(found), version=self.version)
        classifier = self._shelf.classifier
        return reading if classifier is None else second_look(found, reading, classifier)

    def with_weights(self, weights: bytes | None) -> Reader:
        """The same rules with other weights (the contents of ``weights.bin``), or with none."""
        return Reader(self._shelf.with_weights(weights))

    def sample(self, row: Mapping[str, Any]) -> Sample:
        """A labelled reply (``evaluate.read_labelled``) as ``learn`` takes it."""
        context = Context(row["context"])
        text = row["text"][:LONGEST]
        found = self._find(text, normalise(text), context)
        return Sample(
            id=row["id"],
            text=text,
            core=core_words(found),
            context=context,
            language=language_of(found),
            priorities=frozenset(map(Priority, row["priority"])),
            light=priority_of(found).rank < Priority.URGENT.rank,
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

    def _find(self, text: str, plain: Normalised, context: Context) -> Found:
        spoken = from_romaji(plain, self._shelf.foreign)
        plain = write_digits(spoken or plain)
        books, accents = by_accents(self._shelf.books, text, plain.text)
        lexicons = choose(plain.text, books)
        plain = told_apart(plain, text, accents)
        found = Found(plain, context, lexicons, source=text)
        found.menu = read_menu(plain) if context is Context.DAILY else Menu()
        found.values = read_values(plain.text, context, found.menu.leading_end)
        if found.menu.digit is not None:
            found.menu = read_menu(plain, found.values.spans)
        for lexicon in lexicons:
            idioms, signs = _read_in(lexicon, plain.text)
            found.idioms.extend(idioms)
            found.signs.extend(_not_yet_judged(signs, found.signs) if lexicon.spaced else signs)
        found.signs = _denied(_without_inner_questions(found.signs))
        if _AMBULANCE.match(plain.text):
            found.signs.append(Sign(_CALLED, *_AMBULANCE.match(plain.text).span("number")))  # type: ignore[union-attr]
        elif not has_words(plain.text) and not plain.text.strip(" \n") and _FRIENDLY.match(text):
            found.signs.append(Sign(_NODDED, 0, 0))
        if found.menu.digit is None and not found.values.spans:
            found.signs = [_relatives(sign, plain.text, lexicons) for sign in found.signs]
        found.answers = _answers(found)
        return found


def _read_in(lexicon: Lexicon, text: str) -> tuple[list[tuple[int, int]], list[Sign]]:
    """The places of idioms and the signs that one language finds in ``text``, read as that language spells it."""
    told = in_letters_of(lexicon.code, text)
    if lexicon.spelling is None:
        masked = mask_idioms(told, lexicon)
        return _masked_places(told, masked), find_signs(told, masked, lexicon)
    spelt = lexicon.spelling.of(told)
    masked = mask_idioms(spelt.text, lexicon)
    signs = [moved(sign, spelt) for sign in find_signs(spelt.text, masked, lexicon)]
    return [spelt.span(*place) for place in _masked_places(spelt.text, masked)], signs


def _not_yet_judged(signs: list[Sign], earlier: list[Sign]) -> list[Sign]:
    """The signs that a likelier language has not found in the same words ("convulsionou", denied in Portuguese)."""
    return [
        sign
        for sign in signs
        if not any(one.code == sign.code and one.start < sign.end and sign.start < one.end for one in earlier)
    ]


def _relatives(sign: Sign, text: str, lexicons: Sequence[Lexicon]) -> Sign:
    """A milder symptom of a relative (息子が熱があります) in a reply without number or value is not the resident's."""
    if sign.kind != "symptoms" or not sign.present:
        return sign
    for lexicon in lexicons:
        ill = lexicon.scope.get("ill_relative")
        if ill and ill.search(text, 0, sign.start):
            return replace(sign, status=Status.HOME)
    return sign


def _masked_places(text: str, masked: str) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    if text == masked:
        return places
    for at, char in enumerate(masked):
        if char != MASK:
            continue
        if places and places[-1][1] == at:
            places[-1] = (places[-1][0], at + 1)
        else:
            places.append((at, at + 1))
    return places


def _without_inner_questions(signs: list[Sign]) -> list[Sign]:
    """A question inside the words of a sign is none (味がわかりません)."""
    told = [(sign.start, sign.end + 2) for sign in signs if sign.kind in ("symptoms", "red_flags", "urgent", "dangers")]
    return [
        sign
        for sign in signs
        if sign.code != "question" or not any(start <= sign.start and sign.end <= end for start, end in told)
    ]


def _denied(signs: list[Sign]) -> list[Sign]:
    """A sign inside the words that deny it is absent (胸不闷, 가슴 안 아파요)."""
    denials = [sign for sign in signs if sign.kind == "denials" and sign.present]
    return [
        replace(sign, status=Status.ABSENT)
        if sign.kind == "red_flags"
        and sign.present
        and any(
            no.code == sign.code and no.start < sign.end and sign.start < no.end
            for no in denials
            if not _holds(sign, no)
        )
        else sign
        for sign in signs
    ]


def _holds(sign: Sign, denial: Sign) -> bool:
    """Whether ``sign``, which says "not" itself, holds the words of ``denial`` ("cannot speak without gasping")."""
    return sign.rule.firm and sign.start < denial.start


def _answers(found: Found) -> Answers:
    keyword = read_keyword(found.text, found.lexicons)
    if keyword and found.context is Context.CONSENT:
        said = read_yes_no(found.text, found.context, found.lexicons)
        if (keyword == "opt_in" and said.yes) or (keyword == "opt_out" and said.no):
            keyword = None
    if keyword is None and not found.has("red_flags") and not found.has("dangers"):
        keyword = _asked_for(found)
        if keyword == "opt_out" and found.context is Context.CONSENT:
            said = read_yes_no(found.text, found.context, found.lexicons)
            keyword = None if said.yes != said.no and (said.yes or _same_words(found, said)) else keyword
    if keyword:
        return Answers(keyword=keyword, marks=((f"keyword:{keyword}", (0, len(found.text.text))),))
    if found.context in (Context.CONSENT, Context.DANGER):
        said = read_yes_no(found.text, found.context, found.lexicons)
        if not (said.marks or has_words(found.text.text)) and (sign := _GESTURE.search(found.source)):
            found.signs = []
            return Answers(yes=bool(sign["yes"]), no=not sign["yes"], marks=(("answer:gesture", (0, 0)),))
        found.signs = [sign for sign in found.signs if not _inside(sign, said)]
        return said
    return Answers()


def _same_words(found: Found, said: Answers) -> bool:
    """Whether the words that ask for no messages are those that decline what was asked ("no sms please")."""
    return all(_inside(sign, said) for sign in found.signs if sign.code == "opt_out" and sign.present)


def _inside(sign: Sign, said: Answers) -> bool:
    """Whether ``sign`` is only a turn of the words that said yes or no (sim pode mandar)."""
    return sign.kind == "intents" and any(start <= sign.start and sign.end <= end for _, (start, end) in said.marks)


def _asked_for(found: Found) -> str | None:
    """A request for no more (or new) messages inside a text; what the text tells besides keeps its priority."""
    if found.has("intents", "opt_in") and not found.has("urgent"):
        return "opt_in"
    return "opt_out" if found.has("intents", "opt_out") and not found.has("intents", "wrong_number") else None


def _understood(found: Found) -> bool:
    """Whether every clause is known; replies that a person reads anyway need no asking back."""
    priority = priority_of(found)
    if priority is not Priority.NONE or found.answers.keyword:
        return True
    if found.values.odd or _number_of_another_question(found):
        return False
    intent = intent_of(found, priority)
    if intent is Intent.OTHER and not found.has("intents") and not found.idioms:
        return False
    if not has_words(found.text.text):
        return intent is not Intent.OTHER
    spans = [(sign.start, sign.end) for sign in found.signs]
    spans += [match.span() for lexicon in found.lexicons for match in _others(lexicon, found.text.text)]
    spans += [*found.values.spans, *found.idioms, *(span for _, span in found.answers.marks)]
    if found.menu.digit is not None:
        spans.append(found.menu.span)
    answered = found.menu.digit is not None or found.values.temperature is not None or found.values.spo2 is not None
    answered = answered and not _YET.search(found.text.text)
    told = bool(found.answers.marks) or any(sign.kind != "intents" for sign in found.signs)
    told = told or found.has("intents", "thanks", "offtopic", "later")
    mild = found.menu.digit in (1, 2)
    return unknown_clauses(found.text.text, spans, found.lexicons, answered=answered, told=told, mild=mild) == 0


def _number_of_another_question(found: Found) -> bool:
    """3 or 4 before a temperature where the menu was not asked: perhaps the menu's number."""
    if found.context in (Context.DAILY, Context.CONSENT, Context.DANGER) or found.values.temperature is None:
        return False
    return bool(_GRAVE_NUMBER.match(found.text.text))


def _others(lexicon: Lexicon, text: str) -> list[re.Match[str]]:
    others = lexicon.scope.get("others")
    return list(others.finditer(text)) if others else []
