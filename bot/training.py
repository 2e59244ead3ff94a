"""New weights for the reader: learned from labelled replies, compared with those in use, refused where they miss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.errors import InvalidInput
from bot.domain.reading import RED_FLAGS, Context, Priority, Reading
from bot.reading.classifier import Weights
from bot.reading.evaluate import Row, Tally, count, read_labelled
from bot.reading.learn import learn
from bot.reading.reader import Reader
from bot.reading.shelf import WEIGHTS

LABELLED = "labelled"
Told = Callable[[str], None]
_GRAVE = (Priority.URGENT, Priority.EMERGENCY)


@dataclass(frozen=True, slots=True)
class Change:
    """A labelled reply that the new weights read otherwise."""

    row: Row
    old: Reading
    new: Reading

    @property
    def misses(self) -> bool:
        """Whether an emergency that the weights in use find is missed, or passed over, by the new ones."""
        if self.row["priority"] != [Priority.EMERGENCY]:
            return False
        found = self.old.priority is Priority.EMERGENCY and self.new.priority is not Priority.EMERGENCY
        return found or (self.old.priority in _GRAVE and self.new.priority not in _GRAVE)

    @property
    def better(self) -> bool:
        return self.new.priority in self.row["priority"] and self.old.priority not in self.row["priority"]

    @property
    def worse(self) -> bool:
        return self.old.priority in self.row["priority"] and self.new.priority not in self.row["priority"]


@dataclass(frozen=True, slots=True)
class Trained:
    """New weights, what they change, and figures (all, by language, by red flag): in use, new, and cross-validated."""

    weights: Weights
    rows: Sequence[Row]
    apart: list[Reading]
    """The cross-validated readings of ``rows``."""
    changes: list[Change]
    in_use: dict[str, Tally]
    new: dict[str, Tally]
    unseen: dict[str, Tally]

    @property
    def missed(self) -> list[Change]:
        return [change for change in self.changes if change.misses]


def load_labelled(folder: Path, more: Sequence[Path] = ()) -> list[dict[str, Any]]:
    """All labelled replies of ``folder`` (``conversations/reading``) and of the files ``more``.

    Raises InvalidInput naming the file and line of what cannot be used, and ids that stand twice.
    """
    rows: list[dict[str, Any]] = []
    seen: dict[str, str] = {}
    for path in [*sorted((folder / LABELLED).glob("*.jsonl")), *more]:
        for row in _rows(path):
            if row["id"] in seen:
                raise InvalidInput(
                    f"{path.name}: id {row['id']} が {seen[row['id']]} にもあります。",
                    f"{path.name}: the id {row['id']} stands in {seen[row['id']]}, too.",
                    field="id",
                )
            seen[row["id"]] = path.name
            rows.append(row)
    return rows


def train(reader: Reader, rows: Sequence[dict[str, Any]], told: Told) -> Trained:
    """Weights learned from ``rows``, compared with the ones that ``reader`` uses."""
    told(f"{len(rows)} 件から学習 / Learning from {len(rows)} replies")
    samples = [reader.sample(row) for row in rows]
    learned = learn(samples)
    told("いまの重みと比べる / Comparing with the weights in use")
    measure = _Measure(reader, rows)
    before, after = measure.read(reader), measure.read(reader.with_weights(learned.weights.to_bytes()))
    apart = list(measure.rules)
    for part, (weights, numbers) in enumerate(learned.unseen, start=1):
        told(f"見ていない返信で測る / Measuring on unseen replies {part}/{len(learned.unseen)}")
        fold = measure.read(reader.with_weights(weights.to_bytes()), only=numbers)
        for number in numbers:
            apart[number] = fold[number]
    changes = [
        Change(row, old, now)
        for row, old, now in zip(rows, before, after, strict=True)
        if (old.priority, old.understood, old.intent) != (now.priority, now.understood, now.intent)
    ]
    return Trained(
        weights=learned.weights,
        rows=rows,
        apart=apart,
        changes=changes,
        in_use=_tallies(rows, before),
        new=_tallies(rows, after),
        unseen=_tallies(rows, apart),
    )


class _Measure:
    """Reads labelled replies with one set of weights after another; what the rules find grave is read but once."""

    def __init__(self, reader: Reader, rows: Sequence[Row]) -> None:
        self._rows = rows
        self.rules = _read_all(reader.with_weights(None), rows)
        self._light = {number for number, reading in enumerate(self.rules) if reading.priority not in _GRAVE}

    def read(self, reader: Reader, only: Iterable[int] | None = None) -> list[Reading]:
        """The readings of all replies; weights count for those numbered ``only``, where it is given."""
        readings = list(self.rules)
        for number in self._light if only is None else self._light.intersection(only):
            row = self._rows[number]
            readings[number] = reader.read(row["text"], Context(row["context"]))
        return readings


def write_weights(folder: Path, weights: Weights) -> Path:
    """Puts ``weights.bin`` into ``folder`` in one step; raises InvalidInput where that cannot be."""
    path, draft = folder / WEIGHTS, folder / f".{WEIGHTS}.new"
    try:
        draft.write_bytes(weights.to_bytes())
        draft.replace(path)
    except OSError as error:
        raise InvalidInput(
            f"{path} に書けません: {error.strerror}", f"Cannot write {path}: {error.strerror}", field="conversations"
        ) from error
    return path


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            yield from (dict(row) for row in read_labelled(lines, path.name))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} を読めません: {error}", f"Cannot read {path}: {error}", field="file") from None


def _read_all(reader: Reader, rows: Iterable[Row]) -> list[Reading]:
    return [reader.read(row["text"], Context(row["context"])) for row in rows]


def _tallies(rows: Sequence[Row], readings: Sequence[Reading]) -> dict[str, Tally]:
    """Tallies of all, by language, and by red flag (``+dyspnea``: the replies that tell of it)."""
    tallies: dict[str, Tally] = {"all": Tally()}
    for row, reading in zip(rows, readings, strict=True):
        for key in ("all", row["lang"], *(f"+{code}" for code in row["present"] if code in RED_FLAGS)):
            count(tallies.setdefault(key, Tally()), row, reading)
    return tallies
