"""A reply with the words that decided marked, and what was read, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.reading import RED_FLAGS
from bot.web.console.words import Word, knows, word

Symptoms = Mapping[str, str]
"""Symptom code -> Japanese word."""

_SET_ASIDE = frozenset({"negated", "denied", "gone", "long_gone", "supposed", "others", "idiom"})
_STILL_GRAVE = {"gone": "amber", "home": "red"}
_LIKE = "like"
_TONES = {"red_flag": "red", "danger": "red", "urgent": "amber", _LIKE: "amber"} | dict.fromkeys(_SET_ASIDE, "gray")
_ORDER = ("blue", "gray", "amber", "red")
"""Where two marks overlap, the later one shows: words that were set aside rather than those of a mere topic."""
_LEAST = "idiom"
"""An idiom only tells that its words are no symptoms; any other finding in them says more."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the reply. ``tone`` is ``red``, ``amber``, ``blue``, ``gray`` or empty for unmarked words."""

    text: str
    tone: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """One piece of evidence: the words, and what they were taken for."""

    words: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Read:
    """One reading in words; ``who`` names the members that it is about where the reply says so."""

    who: str
    intent: Word
    priority: str
    understood: bool
    facts: list[str]
    why: list[Why]


def pieces(text: str, readings: Sequence[Mapping[str, Any]], symptoms: Symptoms) -> list[Piece]:
    """The reply, cut where marks begin and end; where two overlap, the graver one shows."""
    rules: list[str | None] = [None] * len(text)
    for item in sorted(_evidence(readings), key=_weight):
        for place in range(max(item["start"], 0), min(item["end"], len(text))):
            rules[place] = item["rule"]
    cut: list[Piece] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or rules[end] != rules[start]:
            rule = rules[start]
            cut.append(Piece(text[start:end], _tone(rule), meaning(rule, symptoms) if rule else ""))
            start = end
    return cut


def reads(
    text: str, readings: Sequence[Mapping[str, Any]], symptoms: Symptoms, names: Sequence[str] = ()
) -> list[Read]:
    """Each reading of a reply in words."""
    return [
        Read(
            who="、".join(names[index] for index in reading.get("who", ()) if index < len(names)),
            intent=word("intent", reading["intent"]),
            priority=reading["priority"],
            understood=bool(reading["understood"]),
            facts=_facts(reading, symptoms),
            why=_why(text, reading, symptoms),
        )
        for reading in readings
    ]


def _facts(reading: Mapping[str, Any], symptoms: Symptoms) -> list[str]:
    facts = []
    if reading.get("menu") is not None:
        facts.append(f"番号 {reading['menu']}")
    if reading.get("answer"):
        facts.append({"yes": "はい", "no": "いいえ"}.get(reading["answer"], reading["answer"]))
    if reading.get("temperature") is not None:
        facts.append(f"体温 {reading['temperature']:g}℃")
    if reading.get("spo2") is not None:
        facts.append(f"SpO2 {reading['spo2']}%")
    facts += [f"{symptoms.get(code, code)}: あり" for code in reading.get("present", ())]
    facts += [f"{symptoms.get(code, code)}: なし" for code in reading.get("absent", ())]
    facts += ["前の返事の訂正"] if reading.get("correction") else []
    facts += ["あとで答える"] if reading.get("later") else []
    return facts


def _why(text: str, reading: Mapping[str, Any], symptoms: Symptoms) -> list[Why]:
    spans = [(item["start"], item["end"], item["rule"]) for item in reading.get("evidence", ())]
    widest = [span for span in spans if not any(_holds(other, span) for other in spans)]
    found = dict.fromkeys((text[start:end], meaning(rule, symptoms)) for start, end, rule in widest)
    return [Why(words, what) for words, what in found if words.strip()]


def _holds(outer: tuple[int, int, str], inner: tuple[int, int, str]) -> bool:
    """Whether the first finding makes the second one superfluous: the same in longer words, or more than an idiom."""
    if inner[2] == _LEAST and outer[2] != _LEAST:
        return outer[0] < inner[1] and inner[0] < outer[1]
    return outer != inner and outer[2] == inner[2] and outer[0] <= inner[0] and inner[1] <= outer[1]


def meaning(rule: str, symptoms: Symptoms) -> str:
    """A rule's code in words: ``red_flag:dyspnea`` -> ``緊急の症状・息苦しさ``; the text of a labelled reply alike."""
    kind, _, code = rule.partition(":")
    kinds = word("evidence", kind).ja
    if not code:
        return kinds
    if kind == _LIKE:
        return f"{kinds}「{code.partition(':')[2]}」"
    named = symptoms.get(code) or word("sign" if knows("sign", code) else "intent", code).ja
    return f"{kinds}・{named}"


def _evidence(readings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [item for reading in readings for item in reading.get("evidence", ())]


def _weight(item: Mapping[str, Any]) -> tuple[bool, int, int]:
    return item["rule"] != _LEAST, _ORDER.index(_tone(item["rule"])), item["end"] - item["start"]


def _tone(rule: str | None) -> str:
    """A red flag weighs also where it has passed or is somebody else's at home."""
    if rule is None:
        return ""
    kind, _, code = rule.partition(":")
    if code in RED_FLAGS and kind in _STILL_GRAVE:
        return _STILL_GRAVE[kind]
    return _TONES.get(kind, "blue")
