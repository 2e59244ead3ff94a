"""A small linear classifier for what the rules did not foresee: hashed character n-grams, integer weights.

It never overrules a red flag that a rule found. Weights are whole numbers, so a text has the same scores on every machine.
They are made from the labelled replies by ``mimamori triage train``.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.reading import Context

BUCKETS = 1 << 15
CLASSES = ("emergency", "urgent", "routine", "none")
LONGEST = 600
"""Characters that are looked at: the beginning and the end of a longer text."""

_GRAMS = (1, 2, 3, 4)
_DIGITS = re.compile(r"\d+")
_NOISE = re.compile(r"[\s、。，．・!！?？~〜ー…]+")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a text is taken for an emergency, for urgent, or is asked back; and when it is quiet."""

    emergency: float
    urgent: float
    ask: float
    quiet: float


@dataclass(frozen=True, slots=True)
class Classifier:
    """``weights`` holds a signed byte for each bucket and class (bucket-major); ``bias`` one number a class."""

    weights: bytes
    bias: tuple[float, ...]
    scale: float
    thresholds: Thresholds
    version: str

    def probabilities(self, text: str, context: Context) -> dict[str, float]:
        """The probability of each priority."""
        sums = [0] * len(CLASSES)
        weights, width = memoryview(self.weights).cast("b"), len(CLASSES)
        for bucket in features(text, context):
            start = bucket * width
            sums[0] += weights[start]
            sums[1] += weights[start + 1]
            sums[2] += weights[start + 2]
            sums[3] += weights[start + 3]
        raw = [total * self.scale + bias for total, bias in zip(sums, self.bias, strict=True)]
        highest = max(raw)
        powers = [math.exp(value - highest) for value in raw]
        whole = sum(powers)
        return {name: power / whole for name, power in zip(CLASSES, powers, strict=True)}


def load_classifier(folder: Path) -> Classifier | None:
    """The classifier in a folder (``weights.bin`` and ``weights.json``), None where there is none."""
    head, body = folder / "weights.json", folder / "weights.bin"
    if not head.exists() or not body.exists():
        return None
    data = json.loads(head.read_text(encoding="utf-8"))
    weights = body.read_bytes()
    version = f"{zlib.crc32(weights):08x}"
    return Classifier(weights, tuple(data["bias"]), data["scale"], Thresholds(**data["thresholds"]), version)


def features(text: str, context: Context) -> set[int]:
    """The buckets of a text: its character n-grams, and its shortest ones once more with the question asked."""
    plain = _plain(text)
    asked = f"{context}|"
    grams = {plain[at : at + size] for size in _GRAMS for at in range(len(plain) - size + 1)}
    grams.update(asked + gram for gram in (plain[:3], plain[:6], plain[-3:]))
    grams.add(asked + str(min(len(plain) // 8, 6)))
    return {zlib.crc32(gram.encode("utf-8", "replace")) % BUCKETS for gram in grams}


def _plain(text: str) -> str:
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + text[-LONGEST // 2 :]
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char for char in plain)
    return f"^{_NOISE.sub(' ', _DIGITS.sub('0', plain)).strip()}$"
