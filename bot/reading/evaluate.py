"""How well labelled replies are read: the figures that decide whether a change may go live.

A labelled reply: ``{"id", "lang", "context", "text", "intent", "priority", "values", "present", "absent"}``;
``intent`` and ``priority`` list every answer that counts as right. All figures are shares of the replies (or labels)
that the figure is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.errors import InvalidInput
from bot.domain.reading import RED_FLAGS, SYMPTOMS, Context, Intent, Priority, Reading
from bot.reading.jsonl import to_json
from bot.reading.reader import Reader

Row = Mapping[str, Any]
_ALIKE = {"unconscious": "confusion"}
_RED = {_ALIKE.get(code, code) for code in RED_FLAGS}
_GRAVE, _LIGHT = {"emergency", "urgent"}, {"routine", "none"}
_SAME_VALUE = 0.05

FIGURES = (
    "priority right", "intent right", "emergencies found", "emergencies passed over", "urgent kept grave",
    "urgent passed over", "quiet ones left quiet", "quiet ones asked back", "opt-outs obeyed", "opt-outs invented",
    "values right", "lines with an invented value", "present codes found", "red flags claimed rightly",
    "negated red flags seen",
)  # fmt: skip


@dataclass
class Tally:
    """Hits and totals by figure, and the replies that were read wrong."""

    counts: dict[str, list[int]] = field(default_factory=lambda: {name: [0, 0] for name in FIGURES})
    mistakes: list[tuple[Row, Row]] = field(default_factory=list)

    def count(self, figure: str, hit: object) -> None:
        self.counts[figure][0] += bool(hit)
        self.counts[figure][1] += 1

    def share(self, figure: str) -> float | None:
        """The share, None where nothing was counted."""
        hits, total = self.counts[figure]
        return hits / total if total else None


def evaluate(gold: Iterable[Row], reader: Reader) -> dict[str, Tally]:
    """Tallies by language, and of all together under ``all``."""
    tallies: dict[str, Tally] = {"all": Tally()}
    for want in gold:
        reading = reader.read(want["text"], Context(want["context"]))
        for key in ("all", str(want.get("lang", "?"))):
            count(tallies.setdefault(key, Tally()), want, reading)
    return tallies


def read_labelled(lines: Iterable[str], name: str = "-") -> Iterator[Row]:
    """Labelled replies from JSON Lines; raises InvalidInput naming file, line and what is wrong."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _json(line)
        problem = _problem(row)
        if problem:
            raise InvalidInput(
                f"{name}:{number}: ラベルの付いた返信として読めません({problem})。",
                f"{name}:{number}: This is no labelled reply ({problem}).",
                field=problem,
            )
        yield row


def _json(line: str) -> Any:  # noqa: ANN401  # JSON is anything
    try:
        return json.loads(line)
    except ValueError:
        return None


def _problem(row: object) -> str | None:
    """The field that is wrong, if one is."""
    if not isinstance(row, dict):
        return "object"
    known = RED_FLAGS | SYMPTOMS
    checks = {
        "id": isinstance(row.get("id"), str),
        "text": isinstance(row.get("text"), str),
        "lang": isinstance(row.get("lang", ""), str),
        "context": row.get("context") in set(Context),
        "intent": _among(row.get("intent"), set(Intent), least=1),
        "priority": _among(row.get("priority"), set(Priority), least=1),
        "values": isinstance(row.get("values"), dict) and set(row["values"]) <= {"temperature", "spo2"},
        "present": _among(row.get("present"), known),
        "absent": _among(row.get("absent"), known),
    }
    return next((name for name, right in checks.items() if not right), None)


def _among(value: object, choices: set[Any] | frozenset[str], least: int = 0) -> bool:
    return isinstance(value, list) and len(value) >= least and all(item in choices for item in value)


def count(tally: Tally, want: Row, reading: Reading) -> None:
    """Counts one reading of the labelled reply ``want``."""
    got = to_json(str(want["id"]), reading, want["text"])
    wanted, intents = set(want["priority"]), want["intent"]
    tally.count("priority right", got["priority"] in wanted)
    tally.count("intent right", got["intent"] in intents)
    _count_priority(tally, wanted, intents, got)
    if intents == ["opt_out"]:
        tally.count("opt-outs obeyed", got["intent"] == "opt_out")
    elif "opt_out" not in intents:
        tally.count("opt-outs invented", got["intent"] == "opt_out")
    _count_facts(tally, want, got)
    if got["priority"] not in wanted or got["intent"] not in intents:
        tally.mistakes.append((want, got))


def _count_priority(tally: Tally, wanted: set[str], intents: Sequence[str], got: Row) -> None:
    priority, understood = got["priority"], got["understood"]
    if wanted == {"emergency"}:
        tally.count("emergencies found", priority == "emergency")
        tally.count("emergencies passed over", priority not in _GRAVE)
    if wanted == {"urgent"}:
        tally.count("urgent kept grave", priority in _GRAVE)
        tally.count("urgent passed over", priority not in _GRAVE and understood)
    if wanted <= _LIGHT:
        tally.count("quiet ones left quiet", priority in _LIGHT)
        if intents != ["other"]:
            tally.count("quiet ones asked back", priority in _LIGHT and not understood)


def _count_facts(tally: Tally, want: Row, got: Row) -> None:
    for key, value in want["values"].items():
        found = got["values"].get(key)
        tally.count("values right", found is not None and abs(found - value) < _SAME_VALUE)
    tally.count("lines with an invented value", set(got["values"]) - set(want["values"]))
    present = _codes(got["present"])
    for code in _codes(want["present"]) - {"fever"}:
        tally.count("present codes found", code in present)
    for code in present & _RED:
        tally.count("red flags claimed rightly", code in _codes(want["present"]))
    for code in _codes(want["absent"]) & _RED:
        tally.count("negated red flags seen", code in _codes(got["absent"]) and code not in present)


def _codes(codes: Iterable[str]) -> set[str]:
    return {_ALIKE.get(code, code) for code in codes}
