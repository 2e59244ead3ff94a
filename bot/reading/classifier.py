"""A small linear classifier for what the rules did not foresee; it never overrules a danger that a rule found.

A reply becomes the set of its character n-grams (of the words without courtesy, numbers as one sign), hashed into
buckets. Two heads weigh them: ``emergency`` against quiet replies, ``grave`` (emergency or urgent) against quiet ones.
Weights are whole numbers made by ``mimamori triage train`` (``bot/reading/learn.py``), so scores are the same on every
machine.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from bot.domain.reading import Context

BUCKETS = 1 << 17
FORMAT = 1
_SIZES = (1, 2, 3, 4)
_LONGEST = 600
"""Characters that are looked at; the beginning and the end of a longer reply."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NOISE = re.compile(r"[\s、。,.・!?~〜ー…:;]+")


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


@dataclass(frozen=True, slots=True)
class Weights:
    """``emergency`` and ``grave`` hold a signed byte for each bucket; a byte times the ``scale`` is the weight.

    ``examples`` are the ids of the grave labelled replies, ``marks`` the strongest buckets of each.
    """

    emergency: bytes
    grave: bytes
    scale: tuple[float, float]
    bias: tuple[float, float]
    limits: Mapping[str, Limits]
    examples: tuple[str, ...]
    marks: tuple[frozenset[int], ...]

    def to_bytes(self) -> bytes:
        """The contents of ``weights.bin``."""
        head = {
            "format": FORMAT,
            "scale": self.scale,
            "bias": self.bias,
            "limits": {name: asdict(limits) for name, limits in sorted(self.limits.items())},
            "examples": self.examples,
            "marks": [len(marks) for marks in self.marks],
        }
        marks = array("I", [bucket for row in self.marks for bucket in sorted(row)])
        body = self.emergency + self.grave + marks.tobytes()
        return json.dumps(head).encode() + b"\n" + zlib.compress(body, 9)


class Classifier:
    """The weights at work; holds no state and may be shared by threads."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._emergency = memoryview(weights.emergency).cast("b")
        self._grave = memoryview(weights.grave).cast("b")

    @classmethod
    def from_bytes(cls, raw: bytes) -> Classifier:
        """The classifier in a ``weights.bin``; ValueError, KeyError, TypeError or zlib.error for another file."""
        line, _, packed = raw.partition(b"\n")
        head, body = json.loads(line), zlib.decompress(packed)
        if head["format"] != FORMAT or len(body) < 2 * BUCKETS:
            raise ValueError("weights of another program version")
        buckets = array("I", body[2 * BUCKETS :])
        marks, at = [], 0
        for count in head["marks"]:
            marks.append(frozenset(buckets[at : at + count]))
            at += count
        limits = {name: Limits(**numbers) for name, numbers in head["limits"].items()}
        heads = body[:BUCKETS], body[BUCKETS : 2 * BUCKETS]
        return cls(
            Weights(*heads, tuple(head["scale"]), tuple(head["bias"]), limits, tuple(head["examples"]), tuple(marks))
        )

    def limits(self, language: str) -> Limits:
        """The limits for replies in ``language``, those of ``other`` where it has none of its own."""
        return self.weights.limits.get(language) or self.weights.limits["other"]

    def scores(self, core: str, context: Context) -> Scores:
        """How grave the words of ``core`` (see ``core_of``) are."""
        buckets = features(core, context)
        length = math.sqrt(len(buckets))
        scale, bias = self.weights.scale, self.weights.bias
        emergency = sum(map(self._emergency.__getitem__, buckets)) * scale[0] / length + bias[0]
        grave = sum(map(self._grave.__getitem__, buckets)) * scale[1] / length + bias[1]
        return Scores(emergency, grave)

    def nearest(self, core: str, context: Context, count: int = 2) -> list[str]:
        """The ids of the labelled replies that share most of what makes this one grave, the nearest first."""
        buckets = features(core, context)
        weigh = self._grave.__getitem__
        alike = [(sum(map(weigh, buckets & marks)), at) for at, marks in enumerate(self.weights.marks)]
        alike.sort(key=lambda pair: (-pair[0], pair[1]))
        return [self.weights.examples[at] for shared, at in alike[:count] if shared > 0]


def core_of(text: str, spans: Iterable[tuple[int, int]] = ()) -> str:
    """``text`` (normalised) without the courtesies at ``spans`` and what is no word; a number becomes one sign."""
    chars = list(text)
    for start, end in spans:
        chars[start:end] = " " * (end - start)
    core = _NOISE.sub(" ", _NUMBER.sub("0", "".join(chars))).strip()
    return core if len(core) <= _LONGEST else core[: _LONGEST // 2] + core[-_LONGEST // 2 :]


def features(core: str, context: Context) -> set[int]:
    """The buckets of a reply: its n-grams with its edges marked, and the question asked."""
    text = f"^{core}$"
    grams = {text[at : at + size] for size in _SIZES for at in range(len(text) - size + 1)}
    grams.add(f"@{context.value}")
    crc = zlib.crc32
    return {crc(gram.encode("utf-8", "replace")) % BUCKETS for gram in grams}
