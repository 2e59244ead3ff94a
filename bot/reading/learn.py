"""Weights for the classifier from labelled replies: logistic regression on n-grams, by scikit-learn.

Each n-gram counts by how much more often grave replies hold it than quiet ones (Wang and Manning 2012, "Baselines and
Bigrams"), which suits short texts. The same replies give the same weights on one machine; others get the file.
"""

from __future__ import annotations

import importlib.util
import math
import zlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from bot.domain.errors import InvalidInput
from bot.domain.reading import Context, Priority
from bot.reading.classifier import UNKNOWN, Core, Limits, Scores, Weights, grams_of

FOLDS = 5
_SEED = 2026
_STRENGTH = 3.0
"""How freely weights follow the labelled replies (C of scikit-learn)."""
_SHOWN = 60
"""Characters of a labelled reply that are shown where another one is like it."""
_MARKS = 24
_OFTEN = 3
"""Replies that must hold an n-gram before it counts."""
_LEAST = 10
_FALSE_EMERGENCIES, _CALM = 0.006, 0.75
"""Shares of quiet replies that may be raised to an emergency, and that need no asking back."""
_FALSE_URGENT, _ASKED = 0.03, 0.05
"""Shares that may be raised to urgent, and that may be raised or asked back. The quiet labelled replies are traps for
the most part: of those that people send about a third of these shares is raised or asked back."""
_FALSE_UNKNOWN = 0.04
"""The share of quiet replies that may be raised among those with an unknown clause, which are asked back anyway."""
_LEAST_UNKNOWN = 0.8
"""How near to the limits of known replies those of unknown ones stay: mere riddles are asked back, not alarmed."""
_FEW = 40
_QUIET = frozenset({Priority.NONE, Priority.ROUTINE})
_GRAVE = frozenset({Priority.EMERGENCY, Priority.URGENT})


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled reply: ``core`` are its words, ``priorities`` every right answer.

    ``light`` tells whether the rules alone find it quiet, so that the classifier would be asked; ``known`` whether they
    know every clause of it; ``by_number`` whether only its number makes it grave (2 39.1 けろっとしてます): such words
    teach nothing.
    """

    id: str
    text: str
    core: Core
    context: Context
    language: str
    priorities: frozenset[Priority]
    light: bool
    known: bool = True
    by_number: bool = False

    @property
    def quiet(self) -> bool:
        return self.priorities <= _QUIET

    @property
    def grave(self) -> bool:
        return self.priorities <= _GRAVE and not self.by_number

    @property
    def emergency(self) -> bool:
        return self.priorities == {Priority.EMERGENCY} and not self.by_number


@dataclass(frozen=True, slots=True)
class Learned:
    """The weights, and for each fold weights that have not seen it with the numbers of its samples."""

    weights: Weights
    unseen: tuple[tuple[Weights, tuple[int, ...]], ...]


def learn(samples: Sequence[Sample]) -> Learned:
    """Weights and limits from ``samples``. Raises InvalidInput where there are too few, or scikit-learn is missing."""
    _check(samples)
    grams = _grams(samples)
    grid = _grid(samples, grams)
    parts = [(_heads(samples, grid, known), fresh) for known, fresh in folds(samples)]
    limits = _limits_by_language(samples, _unseen_scores(samples, grid, parts))
    emergency, grave = _heads(samples, grid, range(len(samples)))
    examples = [sample for sample in samples if sample.grave]
    return Learned(
        replace(
            _weights(grams, emergency, grave, limits),
            examples=tuple(f"{sample.id}:{' '.join(sample.text.split())[:_SHOWN]}" for sample in examples),
            marks=tuple(grave.strongest(grid[number]) for number, sample in enumerate(samples) if sample.grave),
        ),
        tuple((_weights(grams, *heads, limits), tuple(fresh)) for heads, fresh in parts),
    )


def _weights(grams: tuple[str, ...], emergency: _Head, grave: _Head, limits: dict[str, Limits]) -> Weights:
    scale, bias = (emergency.scale, grave.scale), (emergency.bias, grave.bias)
    return Weights(grams, emergency.bytes, grave.bytes, scale, bias, limits, examples=(), marks=())


def _limits_by_language(samples: Sequence[Sample], scored: dict[int, Scores]) -> dict[str, Limits]:
    limits: dict[str, Limits] = {}
    for name, japanese in (("ja", True), ("other", False)):
        group = [number for number in scored if (samples[number].language == "ja") is japanese]
        limits[name] = _limits([scored[number] for number in group])
        unknown = [scored[number] for number in group if not samples[number].known]
        limits[name + UNKNOWN] = _limits_for_unknown(unknown, limits[name]) if len(unknown) >= _FEW else limits[name]
    return limits


def _limits_for_unknown(scores: Sequence[Scores], known: Limits) -> Limits:
    emergency, grave = sorted(score.emergency for score in scores), sorted(score.grave for score in scores)
    return replace(
        known,
        emergency=min(known.emergency, max(_above(emergency, _FALSE_UNKNOWN), known.emergency * _LEAST_UNKNOWN)),
        urgent=min(known.urgent, max(_above(grave, _FALSE_UNKNOWN), known.urgent * _LEAST_UNKNOWN)),
    )


def folds(samples: Sequence[Sample]) -> list[tuple[list[int], list[int]]]:
    """For each fold the samples to learn from and those to measure on; each priority is spread evenly."""

    def place(number: int) -> tuple[list[Priority], int]:
        return sorted(samples[number].priorities), zlib.crc32(samples[number].id.encode())

    order = sorted(range(len(samples)), key=place)
    return [
        (sorted(at for place, at in enumerate(order) if place % FOLDS != fold), sorted(order[fold::FOLDS]))
        for fold in range(FOLDS)
    ]


def _unseen_scores(
    samples: Sequence[Sample],
    grid: Any,  # noqa: ANN401  # scipy and numpy have no types here
    parts: Sequence[tuple[tuple[_Head, _Head], list[int]]],
) -> dict[int, Scores]:
    """The scores of the quiet samples that reach the classifier, by heads that have not seen them."""
    scored: dict[int, Scores] = {}
    for (emergency, grave), fresh in parts:
        quiet = [number for number in fresh if samples[number].quiet and samples[number].light]
        both = zip(quiet, emergency.of(grid[quiet]), grave.of(grid[quiet]), strict=True)
        scored |= {number: Scores(float(first), float(second)) for number, first, second in both}
    return scored


def _limits(scores: Sequence[Scores]) -> Limits:
    """Limits that raise or ask back only the given shares of quiet replies, none of which the heads have seen."""
    emergency, grave = sorted(score.emergency for score in scores), sorted(score.grave for score in scores)
    return Limits(
        emergency=_above(emergency, _FALSE_EMERGENCIES),
        urgent=_above(grave, _FALSE_URGENT),
        ask=_above(grave, _ASKED),
        quiet=_above(grave, 1 - _CALM),
    )


def _above(ordered: Sequence[float], share: float) -> float:
    """The limit that ``share`` of the ``ordered`` scores reach."""
    return round(ordered[min(int(len(ordered) * (1 - share)), len(ordered) - 1)], 4)


class _Head:
    """A weight for each bucket: how much rather grave replies than quiet ones hold it."""

    def __init__(self, grid: Any, wanted: Any) -> None:  # noqa: ANN401  # scipy and numpy have no types here
        import numpy as np  # noqa: PLC0415  # training alone needs it
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # training alone needs it

        held = grid > 0
        yes, no = (np.asarray(held[rows].sum(axis=0))[0] + 1.0 for rows in (wanted, ~wanted))
        ratio = np.log((yes / yes.sum()) / (no / no.sum()))
        model = LogisticRegression(
            C=_STRENGTH, class_weight="balanced", solver="liblinear", random_state=_SEED, max_iter=300
        )
        model.fit(grid.multiply(ratio).tocsr(), wanted)
        weights = model.coef_[0] * ratio
        self.bias = round(float(model.intercept_[0]), 4)
        self.scale = round(float(np.abs(weights).max()) / 127, 8)
        self._whole = np.rint(weights / self.scale).astype("int8")
        self.bytes: bytes = self._whole.tobytes()

    def of(self, grid: Any) -> Any:  # noqa: ANN401  # see above
        """The scores of the rows of ``grid``."""
        return grid @ (self._whole * self.scale) + self.bias

    def strongest(self, row: Any) -> Sequence[int]:  # noqa: ANN401  # see above
        """The grams that make a reply grave, in order of place."""
        places = sorted((int(place) for place in row.indices), key=lambda place: (-int(self._whole[place]), place))
        return array("I", sorted(place for place in places[:_MARKS] if self._whole[place] > 0))


def _heads(samples: Sequence[Sample], grid: Any, numbers: Sequence[int]) -> tuple[_Head, _Head]:  # noqa: ANN401  # see above
    import numpy as np  # noqa: PLC0415  # training alone needs it

    heads = []
    for grave in (False, True):
        rows = [n for n in numbers if samples[n].quiet or (samples[n].grave if grave else samples[n].emergency)]
        heads.append(_Head(grid[rows], np.array([not samples[n].quiet for n in rows])))
    return heads[0], heads[1]


def _grams(samples: Sequence[Sample]) -> tuple[str, ...]:
    """The n-grams that count, in order."""
    counted = Counter(gram for sample in samples for gram in grams_of(sample.core, sample.context))
    return tuple(sorted(gram for gram, times in counted.items() if times >= _OFTEN and "\0" not in gram))


def _grid(samples: Sequence[Sample], grams: Sequence[str]) -> Any:  # noqa: ANN401  # see above
    """A row for each sample, a column for each of ``grams``, rows of length 1."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  # training alone needs it

    place = {gram: number for number, gram in enumerate(grams)}
    rows = [
        sorted(place[gram] for gram in grams_of(sample.core, sample.context) if gram in place) for sample in samples
    ]
    ends = list(accumulate(map(len, rows), initial=0))
    values = [1 / math.sqrt(len(row)) for row in rows for _ in row]
    return csr_matrix((values, [at for row in rows for at in row], ends), shape=(len(rows), len(grams)))


def _check(samples: Sequence[Sample]) -> None:
    for language in ("ja", "other"):
        for kind in ("emergency", "grave", "quiet"):
            held = sum((sample.language == "ja") is (language == "ja") and getattr(sample, kind) for sample in samples)
            if held < _LEAST:
                raise InvalidInput(
                    f"ラベルの付いた返信が足りません({language}、{kind}: {held}件、{_LEAST}件以上が必要です)。",
                    f"Too few labelled replies ({language}, {kind}: {held}; at least {_LEAST} are needed).",
                    field="labelled",
                )
    if importlib.util.find_spec("sklearn") is None:
        raise InvalidInput(
            "学習には scikit-learn が要ります。pip install 'mimamori[train]' で入ります。",
            "Training needs scikit-learn: pip install 'mimamori[train]'.",
            field="scikit-learn",
        )
