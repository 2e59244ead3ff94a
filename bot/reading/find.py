"""Everything that a reply holds: menu number, values, signs in each of its languages, answers."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from bot.domain.reading import Context
from bot.reading.accents import by_accents, told_apart
from bot.reading.answers import NO_ANSWERS, Answers, read_keyword, read_yes_no
from bot.reading.combine import Found
from bot.reading.coverage import has_words
from bot.reading.hanzi import in_letters_of
from bot.reading.language import choose, from_romaji
from bot.reading.lexicon import Lexicon, Rule
from bot.reading.menu import NO_MENU, read_menu
from bot.reading.menu_words import MenuWords
from bot.reading.normalise import Normalised
from bot.reading.numbers import write_digits
from bot.reading.shelf import Shelf
from bot.reading.signs import MASK, Sign, Status, find_signs, mask_idioms
from bot.reading.spelling import moved
from bot.reading.value_told import Words
from bot.reading.values import read_values

_AMBULANCE = re.compile(r"(?:^[\W_]*|[,.!?。、\n] ?)(?P<number>119|911|999)[\W_]*(?:番|です|please|pls|now)?[\W_]*$")
"""The number of the ambulance, here or at home, as all that is said, or the last word."""
_DIGIT = re.compile("[0-9]")
_ENGLISH = "en"
_CALLED = Rule("red_flags", "rescue")
_FRIENDLY = re.compile(
    "[\\s\ufe0f\u200d\U0001f3fb-\U0001f3ff]*(?:[\U0001f600\U0001f603\U0001f604\U0001f60a\U0001f642\u263a"
    "\U0001f44c\U0001f44d\U0001f646\U0001f647\U0001f64b\U0001f64f\u2764]"
    "[\\s\ufe0f\u200d\u2640\u2642\U0001f3fb-\U0001f3ff]*)+"
)
_GESTURE = re.compile(
    "(?P<yes>[\U0001f44c\U0001f44d\U0001f646\u2b55\u2705])|[\U0001f44e\U0001f645\u274c\U0001f6ab\u2716]"
)
"""A sign of the hand or arms that is all the answer to a question of yes or no."""
_NODDED = Rule("intents", "thanks")


def find(text: str, plain: Normalised, context: Context, shelf: Shelf) -> Found:
    """Menu number, values, signs and answers in ``text``, which is ``plain`` when normalised."""
    spoken = from_romaji(plain, shelf.foreign)
    plain = write_digits(spoken or plain)
    books, accents = by_accents(shelf, text, plain.text)
    lexicons = choose(plain.text, books)
    plain = told_apart(plain, text, accents)
    found = Found(plain, context, lexicons, source=text)
    found.menu = read_menu(plain, shelf.menu) if context is Context.DAILY else NO_MENU
    about = _about_values(lexicons, plain.text) if _DIGIT.search(plain.text) else ()
    found.values = read_values(plain.text, context, found.menu.leading_end, about)
    if found.menu.digit is not None:
        found.menu = read_menu(plain, shelf.menu, found.values.spans)
    for lexicon in lexicons:
        idioms, signs = _read_in(lexicon, plain)
        found.idioms.extend(idioms)
        found.signs.extend(_not_yet_judged(signs, found.signs) if lexicon.spaced else signs)
    found.signs = _denied_elsewhere(_without_inner_questions(found.signs))
    if called := _AMBULANCE.search(plain.text):
        found.signs.append(Sign(_CALLED, *called.span("number")))
    elif not has_words(plain.text) and not plain.text.strip(" \n") and _FRIENDLY.match(text):
        found.signs.append(Sign(_NODDED, 0, 0))
    if found.menu.digit is None and not found.values.spans:
        found.signs = [_relatives(sign, plain.text, lexicons) for sign in found.signs]
    found.answers = _answers(found, shelf.menu)
    return found


def _about_values(lexicons: Sequence[Lexicon], text: str) -> list[Words]:
    """The words about values of the likeliest language, and of English, which is mixed into all."""
    return [
        (in_letters_of(lexicon.code, text), lexicon.values)
        for at, lexicon in enumerate(lexicons)
        if lexicon.values and (at == 0 or not lexicon.spaced or lexicon.code == _ENGLISH)
    ]


def _read_in(lexicon: Lexicon, plain: Normalised) -> tuple[list[tuple[int, int]], list[Sign]]:
    """The places of idioms and the signs that one language finds in ``plain``, read as that language spells it."""
    told = in_letters_of(lexicon.code, plain.text)
    if lexicon.spelling is None:
        masked = mask_idioms(told, lexicon, plain.breaks)
        return _masked_places(told, masked), find_signs(told, masked, lexicon, plain.breaks)
    spelt = lexicon.spelling.of(told)
    breaks = [bisect_left(spelt.starts, place) for place in plain.breaks]
    masked = mask_idioms(spelt.text, lexicon, breaks)
    signs = [moved(sign, spelt) for sign in find_signs(spelt.text, masked, lexicon, breaks)]
    return [spelt.span(*place) for place in _masked_places(spelt.text, masked)], signs


def _not_yet_judged(signs: list[Sign], earlier: list[Sign]) -> list[Sign]:
    """The signs that a likelier language has not found in the same words ("convulsionou", denied in Portuguese)."""
    if not earlier:
        return signs
    judged: dict[str, list[Sign]] = {}
    for one in earlier:
        judged.setdefault(one.code, []).append(one)
    return [
        sign
        for sign in signs
        if not any(one.start < sign.end and sign.start < one.end for one in judged.get(sign.code, ()))
    ]


def _relatives(sign: Sign, text: str, lexicons: Sequence[Lexicon]) -> Sign:
    """A milder symptom of a relative (息子が熱があります) in a reply without number or value is not the resident's."""
    if sign.kind != "symptoms" or not sign.present:
        return sign
    for lexicon in lexicons:
        ill = lexicon.scope.get("ill_relative")
        if ill and ill.search(text, 0, sign.start):
            return sign.now(Status.HOME)
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
    ill = ("symptoms", "red_flags", "urgent", "dangers")
    told = [(sign.start, sign.end + 2) for sign in signs if sign.kind in ill and sign.status is not Status.SUPPOSED]
    return [
        sign
        for sign in signs
        if sign.code != "question" or not any(start <= sign.start and sign.end <= end for start, end in told)
    ]


def _denied_elsewhere(signs: list[Sign]) -> list[Sign]:
    """A sign whose words run into those that deny it, in any language, is absent (胸不闷, 가슴 안 아파요)."""
    denials = [sign for sign in signs if sign.kind == "denials" and sign.present]
    return [
        sign.now(Status.ABSENT)
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
    if sign.start == denial.start:  # 呼べば目は開けるがすぐ閉じる
        return sign.rule.firm and sign.end > denial.end
    return sign.rule.firm and sign.start < denial.start


def _answers(found: Found, menu: MenuWords) -> Answers:
    keyword = None if _DIGIT.search(found.text.text) else read_keyword(found.text, found.lexicons)
    if keyword and found.context is Context.CONSENT:
        said = read_yes_no(found.text, found.context, found.lexicons, menu)
        if (keyword == "opt_in" and said.yes) or (keyword == "opt_out" and said.no):
            keyword = None
    if keyword is None and not found.has("red_flags") and not found.has("dangers"):
        keyword = _asked_for(found)
        if keyword == "opt_in" and found.context is Context.CONSENT:
            return Answers(yes=True, marks=tuple(("answer:yes", span) for span in _places(found, "opt_in")))
        if keyword == "opt_out" and found.context is Context.CONSENT:
            said = read_yes_no(found.text, found.context, found.lexicons, menu)
            if not said.yes:  # whoever is asked first and wants none declines
                marks = tuple(("answer:no", span) for span in _places(found, "opt_out"))
                return Answers(no=True, marks=said.marks or marks)
            keyword = keyword if said.no else None
    if keyword:
        return Answers(keyword=keyword, marks=((f"keyword:{keyword}", (0, len(found.text.text))),))
    if found.context in (Context.CONSENT, Context.DANGER):
        said = read_yes_no(found.text, found.context, found.lexicons, menu)
        if not (said.marks or has_words(found.text.text)) and (sign := _GESTURE.search(found.source)):
            found.signs = []
            return Answers(yes=bool(sign["yes"]), no=not sign["yes"], marks=(("answer:gesture", (0, 0)),))
        found.signs = [sign for sign in found.signs if not _inside(sign, said)]
        return NO_ANSWERS if _calls_for_help(found, said) else said
    return NO_ANSWERS


def _places(found: Found, code: str) -> list[tuple[int, int]]:
    return [(sign.start, sign.end) for sign in found.signs if sign.code == code and sign.present]


def _calls_for_help(found: Found, said: Answers) -> bool:
    """Whether the words that seem to agree only ask for help (救急車お願いします)."""
    calls = [sign for sign in found.signs if sign.code == "rescue" and sign.present]
    spans = [span for _, span in said.marks]
    return bool(spans) and all(any(start <= call.start < end for call in calls) for start, end in spans)


def _inside(sign: Sign, said: Answers) -> bool:
    """Whether ``sign`` is only a turn of the words that said yes or no (sim pode mandar)."""
    return sign.kind == "intents" and any(start <= sign.start and sign.end <= end for _, (start, end) in said.marks)


def _asked_for(found: Found) -> str | None:
    """A request for no more (or new) messages inside a text; what the text tells besides keeps its priority."""
    if found.has("intents", "opt_in") and not _ill(found):
        return "opt_in"
    if found.has("intents", "wrong_number") or (found.has("intents", "question") and _own_duty(found)):
        return None
    return "opt_out" if found.has("intents", "opt_out") else None


def _ill(found: Found) -> bool:
    """Whether an illness is told of besides: また吐きはじめました asks for no messages."""
    ill = any(sign.kind == "symptoms" and sign.present and sign.code != "anxiety" for sign in found.signs)
    return ill or found.has("urgent")


def _own_duty(found: Found) -> bool:
    """Whether it is the resident's own sending that is spoken of (体温は送らなくていいですか), no message from here."""
    duties = (lexicon.scope.get("own_duty") for lexicon in found.lexicons)
    return any(duty is not None and duty.search(found.text.text) for duty in duties)
