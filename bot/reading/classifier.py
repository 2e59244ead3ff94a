"""A small linear classifier for what the rules did not foresee; it never overrules a danger that a rule found.

A reply becomes a set of n-grams: of its characters (normalised, without courtesy, numbers as one sign), of its words,
and in Japanese of its words in their dictionary form. Two heads weigh them: ``emergency`` against quiet replies,
``grave`` (emergency or urgent) against quiet ones. Weights are whole numbers made by ``mimamori triage train``
(``bot/reading/learn.py``), so scores are the same on every machine.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise, repeat
from operator import add

from bot.domain.reading import Context

FORMAT = 4
_LETTERS, _WORDS, _DICTIONARY, _ASKED = "l", "w", "d", "asked"
"""Kinds of grams: of letters as typed, words, letters of the words in their dictionary form, the question."""
UNKNOWN = "?"
"""Ends the names of limits for replies that hold an unknown clause."""
_STRONGEST, _RARE = 8, 60
"""Grams by which examples are likened, and how many examples may share one."""
_LONGEST = 600
"""Characters that are looked at; the beginning and the end of a longer reply."""
_FIELD, _SHIFT = 22, 128
_MASK, _ONE = (1 << _FIELD) - 1, 1 << 2 * _FIELD
"""Bits of one sum, and what makes a weight (a signed byte) positive; no reply has grams enough to run over, and
all three sums stay within 64 bits, where sums are fast."""
_NOTHING = repeat(0)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NOISE = re.compile(r"[\s、。,.・!?~〜ー…:;]+")
_WORD = re.compile(r"\w+")


_Telling = tuple[int, int, list[int]]
"""Of a gram: its weight below zero, so that the heaviest sort first, its place, and the examples that hold it."""


@dataclass(frozen=True, slots=True)
class Core:
    """What the classifier looks at: the ``text`` of a reply, folded, and its ``words``."""

    text: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Scores from which a reply that the rules find quiet is raised or asked back; under ``quiet`` none is asked."""

    emergency: float
    urgent: float
    ask: float
    quiet: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Above 0 the reply is like emergencies (grave ones) more than like quiet ones."""

    emergency: float
    grave: float
    known: float = 1.0
    """The share of the n-grams that the labelled replies hold."""


@dataclass(frozen=True, slots=True)
class Weights:
    """``emergency`` and ``grave`` hold a signed byte for each of ``grams``; a byte times the ``scale`` is the weight.

    ``examples`` are the grave labelled replies (``id:text``), ``marks`` the places of the strongest grams of
    each, in order.
    """

    grams: tuple[str, ...]
    emergency: bytes
    grave: bytes
    scale: tuple[float, float]
    bias: tuple[float, float]
    limits: Mapping[str, Limits]
    examples: tuple[str, ...]
    marks: tuple[Sequence[int], ...]

    def to_bytes(self) -> bytes:
        """The contents of ``weights.bin``."""
        head = {
            "format": FORMAT,
            "grams": len(self.grams),
            "scale": self.scale,
            "bias": self.bias,
            "limits": {name: asdict(limits) for name, limits in sorted(self.limits.items())},
            "examples": self.examples,
            "marks": [len(marks) for marks in self.marks],
        }
        marks = array("I", [place for row in self.marks for place in row])
        body = self.emergency + self.grave + marks.tobytes() + "\0".join(self.grams).encode()
        return json.dumps(head).encode() + b"\n" + zlib.compress(body, 9)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Weights:
        """What ``to_bytes`` made; ValueError, KeyError, TypeError or zlib.error for another file."""
        line, _, packed = raw.partition(b"\n")
        head, body = json.loads(line), zlib.decompress(packed)
        if head["format"] != FORMAT:
            raise ValueError("weights of another program version")
        size, lengths = head["grams"], head["marks"]
        end = 2 * size + 4 * sum(lengths)
        places, marks, at = array("I", body[2 * size : end]), [], 0
        for length in lengths:
            marks.append(places[at : at + length])  # an array: a tenth of a set
            at += length
        return cls(
            grams=tuple(body[end:].decode().split("\0")),
            emergency=body[:size],
            grave=body[size : 2 * size],
            scale=tuple(head["scale"]),
            bias=tuple(head["bias"]),
            limits={name: Limits(**numbers) for name, numbers in head["limits"].items()},
            examples=tuple(head["examples"]),
            marks=tuple(marks),
        )


class Classifier:
    """The weights at work; holds no state and may be shared by threads."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._packed: dict[str, dict[str, int]] = {_LETTERS: {}, _WORDS: {}, _DICTIONARY: {}, _ASKED: {}}
        """For each gram, by its kind, one number that holds 1 and both of its weights: sums of these are three sums."""
        emergency, grave = (memoryview(head).cast("b") for head in (weights.emergency, weights.grave))
        for gram, one, other in zip(weights.grams, emergency, grave, strict=True):
            kind, _, rest = gram.partition(" ")
            self._packed[kind][rest] = _ONE | one + _SHIFT << _FIELD | other + _SHIFT

    @cached_property
    def _telling(self) -> dict[str, dict[str, _Telling]]:
        """The grams, by kind, that make few enough grave examples grave."""
        holding: dict[int, list[int]] = {}
        for at, marks in enumerate(self.weights.marks):
            for place in marks:
                holding.setdefault(place, []).append(at)
        grave = memoryview(self.weights.grave).cast("b")
        telling: dict[str, dict[str, _Telling]] = {kind: {} for kind in self._packed}
        for place, examples in holding.items():
            if len(examples) <= _RARE:
                kind, _, rest = self.weights.grams[place].partition(" ")
                telling[kind][rest] = (-grave[place], place, examples)
        return telling

    def limits(self, language: str, *, known: bool) -> Limits:
        """The limits for replies in ``language`` (those of ``other`` where it has none) whose clauses are all known."""
        limits = self.weights.limits
        name = language if language in limits else "other"
        return limits[name if known else name + UNKNOWN]

    def scores(self, core: Core, context: Context) -> Scores:
        """How grave the words of ``core`` are."""
        total = size = 0
        for kind, grams in _grams(core, context):
            total += sum(map(self._packed[kind].get, grams, _NOTHING))
            size += len(grams)
        count = total >> 2 * _FIELD
        length, shift = math.sqrt(count or 1), count * _SHIFT
        scale, bias = self.weights.scale, self.weights.bias
        emergency = ((total >> _FIELD & _MASK) - shift) * scale[0] / length + bias[0]
        grave = ((total & _MASK) - shift) * scale[1] / length + bias[1]
        return Scores(emergency, grave, count / size)

    def nearest(self, core: Core, context: Context, count: int = 2) -> list[str]:
        """The labelled replies that share most of what makes this one grave (``id:text``), the nearest first."""
        telling = [
            self._telling[kind][gram]
            for kind, grams in _grams(core, context)
            for gram in grams & self._telling[kind].keys()
        ]
        shared: Counter[int] = Counter()
        for lightness, _, examples in sorted(telling)[:_STRONGEST]:
            for example in examples:
                shared[example] -= lightness
        alike = sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:count]
        return [self.weights.examples[at] for at, weight in alike if weight > 0]


def folded(text: str, spans: Iterable[tuple[int, int]] = ()) -> str:
    """``text`` (normalised) without the courtesies at ``spans`` and what is no word; a number becomes one sign."""
    chars = list(text)
    for start, end in spans:
        chars[start:end] = " " * (end - start)
    core = _NOISE.sub(" ", _NUMBER.sub("0", "".join(chars))).strip()
    return core if len(core) <= _LONGEST else core[: _LONGEST // 2] + core[-_LONGEST // 2 :]


def as_written(text: str) -> str:
    """``text`` (as it was received) for the dictionary: full widths and half widths alike, a number one sign."""
    return _NUMBER.sub("0", unicodedata.normalize("NFKC", text[:_LONGEST]))


def grams_of(core: Core, context: Context) -> set[str]:
    """The n-grams of a reply with its edges marked, its words alone and in pairs, and the question asked."""
    return {f"{kind} {gram}" for kind, grams in _grams(core, context) for gram in grams}


def _grams(core: Core, context: Context) -> Iterator[tuple[str, set[str]]]:
    words = core.words or tuple(_WORD.findall(core.text))
    yield _LETTERS, _pieces(f"^{core.text}$")
    yield _WORDS, {*words, *map(" ".join, pairwise(words))}
    if core.words:
        yield _DICTIONARY, _pieces(f"^{''.join(core.words)}$")
    yield _ASKED, {context.value}


def _pieces(text: str) -> set[str]:
    """All pieces of one to four letters."""
    pairs = list(map(add, text, text[1:]))
    triples = list(map(add, pairs, text[2:]))
    return {*text, *pairs, *triples, *map(add, triples, text[3:])}
