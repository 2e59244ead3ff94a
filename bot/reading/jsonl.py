"""Readings as lines of JSON, for ``mimamori triage --jsonl``, and in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bot.domain.reading import Context, Intent, Reading
from bot.reading.reader import Reader


def to_json(id: str, reading: Reading, text: str) -> dict[str, Any]:  # noqa: A002 (the name of the key)
    """One reading as the scorer expects it; the keyword HELP is written as a question."""
    values = {"temperature": reading.temperature, "spo2": reading.spo2}
    intent = Intent.QUESTION if reading.intent is Intent.HELP else reading.intent
    return {
        "id": id,
        "intent": intent.value,
        "priority": reading.priority.value,
        "understood": reading.understood,
        "values": {key: value for key, value in values.items() if value is not None},
        "present": list(reading.present),
        "absent": list(reading.absent),
        "evidence": [
            {"start": mark.start, "end": mark.end, "text": text[mark.start : mark.end], "rule": mark.rule}
            for mark in reading.evidence
        ],
    }


def run(lines: Iterable[str], reader: Reader) -> Iterator[str]:
    """A line of JSON for each line ``{"id", "context", "text"}``; an invalid line gives ``{"error", "line"}``."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            answer = json.dumps(_answer(line, number, reader), ensure_ascii=False)
            yield answer.encode("utf-8", "replace").decode("utf-8")


def _answer(line: str, number: int, reader: Reader) -> dict[str, Any]:
    try:
        row = json.loads(line)
        id_, text, context = row["id"], row["text"], Context(row.get("context", "free"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {"error": f"{type(error).__name__}: {error}", "line": number}
    if not isinstance(text, str) or not isinstance(id_, str | int):
        return {"error": "id and text must be strings", "line": number}
    return to_json(str(id_), reader.read(text, context), text)
