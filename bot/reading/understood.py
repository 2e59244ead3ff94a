"""Whether a reply was understood as a whole: what was not is asked back."""

from __future__ import annotations

import re

from bot.domain.reading import Context, Intent, Priority
from bot.reading.combine import Found
from bot.reading.coverage import danger_left, has_words, unknown_clauses
from bot.reading.hanzi import in_letters_of
from bot.reading.lexicon import Lexicon
from bot.reading.sign import SPEECH, Sign

_YET = re.compile("でも|けど|けれど|ただ|しかし|だが|ですが|ますが|のに|なんか")
_NO_VALUE = re.compile(r"[\W_]*(?:\d{2,3}[.,]\d|\d{2,3})[\W_]*(?:度|%|°c?)?[\W_]*")
_GRAVE_NUMBER = re.compile(r"[\W_]*[34][ 、,:。/]+3[3-9]|[\W_]*[34][ 、,:。/]+4[0-2]")


def understood(found: Found, priority: Priority, intent: Intent) -> bool:
    """Whether every clause is known; replies that a person reads anyway need no asking back."""
    if priority is not Priority.NONE or found.answers.keyword:
        return True
    if _NO_VALUE.fullmatch(found.text.text) and found.context in (Context.TEMPERATURE, Context.SPO2):
        return True  # 45.2, 105: understood as a number that no body has; it is asked for again
    if found.values.odd or _number_of_another_question(found):
        return False
    if intent is Intent.OTHER and not found.has("intents") and not found.idioms:
        return False
    if not has_words(found.text.text):
        return intent is not Intent.OTHER
    spans = _placed(found)
    answered = found.menu.digit is not None or found.values.temperature is not None or found.values.spo2 is not None
    answered = answered and not _YET.search(found.text.text)
    told = bool(found.answers.marks) or any(sign.kind != "intents" for sign in found.signs)
    told = told or found.has("intents", "thanks", "offtopic", "later")
    mild = found.menu.digit in (1, 2)
    if unknown_clauses(found.text.text, spans, found.lexicons, answered=answered, told=told, mild=mild):
        return False
    return not danger_left(found.text.text, spans, found.lexicons)


def _placed(found: Found) -> list[tuple[int, int]]:
    """The spans that rules, numbers and answers account for."""
    spans = [(sign.start, sign.end) for sign in found.signs if not _weak(sign, found)]
    spans += [match.span() for lexicon in found.lexicons for match in _others(lexicon, found.text.text)]
    spans += [*found.values.spans, *found.idioms, *(span for _, span in found.answers.marks)]
    if found.menu.digit is not None:
        spans.append(found.menu.span)
    return spans


def _weak(sign: Sign, found: Found) -> bool:
    """Whether a sign is a small word (algo, lang) that says nothing of the clause around it."""
    if sign.kind not in SPEECH:
        return False
    words = found.text.text[sign.start : sign.end].strip()
    return any("weak" in lexicon.scope and lexicon.scope["weak"].fullmatch(words) for lexicon in found.lexicons)


def _number_of_another_question(found: Found) -> bool:
    """3 or 4 before a temperature where the menu was not asked: perhaps the menu's number."""
    if found.context in (Context.DAILY, Context.CONSENT, Context.DANGER) or found.values.temperature is None:
        return False
    return bool(_GRAVE_NUMBER.match(found.text.text))


def _others(lexicon: Lexicon, text: str) -> list[re.Match[str]]:
    others = lexicon.scope.get("others")
    return list(others.finditer(in_letters_of(lexicon.code, text))) if others else []
