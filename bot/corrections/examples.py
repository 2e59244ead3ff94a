"""Accepted examples: ``reviewed.jsonl`` beside the other labelled replies of a conversations folder."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from bot.corrections.labels import Labels
from bot.domain.errors import MimamoriError, Refused
from bot.reading.evaluate import read_labelled

FILE = "reviewed.jsonl"
_PREFIX = "reviewed-"


class ExamplesUnwritable(MimamoriError):
    """The folder of the labelled replies cannot be written to; nothing was stored."""

    retryable = True


class Examples:
    """The labelled replies in ``<conversations>/reading/labelled``; new ones go to ``own`` where that is given."""

    def __init__(self, conversations: Path, own: Path | None = None) -> None:
        self._shared = conversations / "reading" / "labelled"
        self._folder = own or self._shared

    def add(self, labels: Labels, language: str, context: str, text: str, taken: Collection[str]) -> str:
        """Append an example and return its id; where the very same one is there already, that one's id.

        Raises Refused where the same text is labelled otherwise, ExamplesUnwritable where nothing can be written.
        ``taken`` are ids that must not be given again.
        """
        try:
            known = list(self._known())
            for row in known:
                if (row["context"], _spelt(row["text"])) == (context, _spelt(text)):
                    return _same(row, labels.example(row["id"], row.get("lang", language), context, row["text"]))
            example_id = _next_id([*taken, *(row["id"] for row in known)])
            example = labels.example(example_id, language, context, text)
            list(read_labelled([json.dumps(example)], FILE))  # what evaluate would refuse is never written
            self._append(json.dumps(example, ensure_ascii=False))
        except OSError as error:
            raise ExamplesUnwritable(
                f"例を書き込めません({error.strerror}): {self._folder}。何も変わっていません。"
                "書き込めるフォルダーを設定 conversations に指定してください。",
                f"Examples cannot be written ({error.strerror}): {self._folder}. Nothing has changed. "
                "Point the setting conversations to a folder that can be written to.",
                field="conversations",
            ) from None
        return example_id

    def _known(self) -> Iterator[dict[str, Any]]:
        """Every labelled reply of the folders; lines that are none are passed over."""
        for path in sorted({*self._shared.glob("*.jsonl"), *self._folder.glob("*.jsonl")}):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict) and all(isinstance(row.get(key), str) for key in ("id", "text", "context")):
                    yield row

    def _append(self, line: str) -> None:
        """All of the new file or the old one: written beside it and put in its place."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / FILE
        old = path.read_bytes() if path.exists() else b""
        if old and not old.endswith(b"\n"):
            old += b"\n"
        handle, beside = tempfile.mkstemp(dir=self._folder, prefix=f".{FILE}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(old + line.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(beside).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise


def _spelt(text: str) -> str:
    return " ".join(text.split())


def _next_id(ids: Collection[str]) -> str:
    numbers = [int(found[len(_PREFIX) :]) for found in ids if found.startswith(_PREFIX) and found[9:].isdecimal()]
    return f"{_PREFIX}{max(numbers, default=0) + 1:04d}"


def _same(row: dict[str, Any], example: dict[str, Any]) -> str:
    if all(_unordered(row.get(key)) == _unordered(example[key]) for key in ("intent", "priority", "present", "absent")):
        return str(row["id"])
    raise Refused(
        f"同じ文の例({row['id']})が、ほかのラベルですでにあります。そちらを直すか、この訂正を見送ってください。",
        f"The same text is an example already ({row['id']}) with other labels. Mend that one, or decline this.",
        field="text",
    )


def _unordered(value: object) -> object:
    return set(value) if isinstance(value, list) else value
