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
    """A line of JSON for each line ``{"id", "context", "text"}``; for a wrong one its id, number and what is wrong."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            answer = json.dumps(_answer(line, number, reader), ensure_ascii=False)
            yield answer.encode("utf-8", "replace").decode("utf-8")


def _answer(line: str, number: int, reader: Reader) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        return _wrong(None, number, "JSON の1行ではありません", "This is no line of JSON")
    id_, text, context = row.get("id"), row.get("text"), row.get("context", Context.FREE.value)
    if isinstance(id_, bool) or not isinstance(id_, str | int):
        return _wrong(None, number, "id がありません(文字列か数)", "id is missing (text or a number)")
    if not isinstance(text, str):
        return _wrong(id_, number, "text がありません(文字列)", "text is missing (a string)")
    if not isinstance(context, str) or context not in set(Context):
        known = ", ".join(Context)
        return _wrong(id_, number, f"context が {known} のどれでもありません", f"context is none of {known}")
    return to_json(str(id_), reader.read(text, Context(context)), text)


def _wrong(id_: str | int | None, number: int, ja: str, en: str) -> dict[str, Any]:
    return {"id": None if id_ is None else str(id_), "error": f"{en}.", "error_ja": f"{ja}。", "line": number}
