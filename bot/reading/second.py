"""The second look: what the classifier makes of a reply that the rules find quiet."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.reading import Context, Evidence, Intent, Priority, Reading, worst
from bot.reading.classifier import Classifier, Core, Limits, Scores, as_written, folded
from bot.reading.combine import Found
from bot.reading.sign import Status
from bot.reading.words import words_of

_JAPANESE = "ja"
_DANGERS = ("red_flags", "dangers", "urgent")
_TOLD = (Status.PRESENT, Status.HOME, Status.GONE)
_ENDINGS = 2
"""Letters that may be left over: です, ね."""
_KNOWN = 0.5
"""The share of n-grams that must be known before their score calms a doubt."""
_SHORTEST = 4
"""Characters; what is shorter says too little to be likened to anything."""


def second_look(found: Found, reading: Reading, classifier: Classifier) -> Reading:
    """``reading`` raised where its words are like grave replies, asked back on doubt, and not asked back on none.

    Readings that the rules find grave, keywords and plain numbers stay as they are.
    """
    if reading.priority.rank >= Priority.URGENT.rank or found.answers.keyword or found.context is Context.DANGER:
        return reading
    if _all_told(found):
        return reading
    core = core_words(found)
    if len(core.text) < _SHORTEST:
        return reading
    scores, limits = (
        classifier.scores(core, found.context),
        classifier.limits(language_of(found), known=explained(found, understood=reading.understood)),
    )
    raised = _raised(scores, limits)
    if raised is not None and _placed(found):  # a rule and the classifier disagree: the resident is asked
        if raised is not Priority.EMERGENCY or _denied(found):
            return replace(reading, understood=False)
        raised = Priority.URGENT
    if raised is not None:
        like = tuple(f"like:{example}" for example in classifier.nearest(core, found.context))
        return _raise(reading, raised, like or ("like:",), found)
    if scores.grave >= limits.ask:
        return replace(reading, understood=False)
    calm = scores.grave <= limits.quiet and scores.known >= _KNOWN
    if calm and not reading.understood and _said_something(reading):
        return replace(reading, understood=True)
    return reading


def _all_told(found: Found) -> bool:
    """Whether the rules place every word (besides endings), so that there is nothing to be likened to anything."""
    spans = [(sign.start, sign.end) for sign in found.signs]
    spans += [*found.values.spans, *found.idioms, *(span for _, span in found.answers.marks)]
    if found.menu.digit is not None:
        spans.append(found.menu.span)
    left = list(found.text.text)
    for start, end in spans:
        left[start:end] = " " * (end - start)
    return sum(map(str.isalpha, left)) <= _ENDINGS


def core_words(found: Found) -> Core:
    """The words of the reply without courtesy and idioms, as the classifier looks at them."""
    plain = found.text
    fillers = (lexicon.filler for lexicon in found.lexicons)
    polite = [match.span() for filler in fillers if filler for match in filler.finditer(plain.text)]
    polite += [(start, end) for start, end in found.idioms if end - start >= _SHORTEST]
    text = folded(plain.text, polite)
    return Core(text, words_of(as_written(_kept(found, polite)))) if language_of(found) == _JAPANESE else Core(text)


def explained(found: Found, *, understood: bool) -> bool:
    """Whether the rules account for the reply: every clause is known, or its danger is denied or somebody else's."""
    if understood or _placed(found):
        return True
    others = (lexicon.scope.get("others") for lexicon in found.lexicons)
    return any(pattern is not None and pattern.search(found.text.text) for pattern in others)


def _placed(found: Found) -> bool:
    """Whether a rule has found the danger and knows that it is not now, not here or not at all."""
    return any(sign.kind == "denials" or (sign.kind in _DANGERS and sign.status not in _TOLD) for sign in found.signs)


def _denied(found: Found) -> bool:
    """Whether it is the resident who says that the danger is not there, or is long over."""
    return any(
        sign.kind == "denials" or (sign.kind in _DANGERS and sign.status in (Status.ABSENT, Status.LONG_GONE))
        for sign in found.signs
    )


def _kept(found: Found, polite: list[tuple[int, int]]) -> str:
    """The reply as it was received, without courtesy and without what no normalised letter stands for."""
    left_out = {at for start, end in polite for at in range(start, end)}
    places = dict.fromkeys(
        place for at, place in enumerate(zip(found.text.starts, found.text.ends, strict=True)) if at not in left_out
    )
    return "".join([found.source[start:end] for start, end in places])


def language_of(found: Found) -> str:
    """The language whose limits hold for the reply."""
    return found.lexicons[0].code if found.lexicons else "other"


def _raised(scores: Scores, limits: Limits) -> Priority | None:
    if scores.emergency >= limits.emergency:
        return Priority.EMERGENCY
    return Priority.URGENT if scores.grave >= limits.urgent else None


def _raise(reading: Reading, priority: Priority, like: tuple[str, ...], found: Found) -> Reading:
    """Not understood besides: a person reads it, and the danger question is asked."""
    whole = found.text.span(0, len(found.text.text))
    evidence = (*reading.evidence, *(Evidence(*whole, rule) for rule in like))
    intent = Intent.REPORT if reading.intent in (Intent.OTHER, Intent.THANKS) else reading.intent
    return replace(
        reading,
        priority=worst(reading.priority, priority),
        intent=intent,
        understood=False,
        evidence=evidence,
        eased=False,
    )


def _said_something(reading: Reading) -> bool:
    """Whether the rules know what the resident wants; what is only "other" is asked back."""
    return reading.intent is not Intent.OTHER
