"""Exports on their way in: given by a person or dropped into ``in``, taken whole, and moved only after the commit.

Files in ``state/given`` were put there whole (console, command line). Files in ``in`` may still be written by somebody:
they are taken when they have not changed for a while. What was taken goes to ``done``, what is no export to
``refused``, each with a report beside it that names lines, never what stands in them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from bot.domain.errors import InvalidInput
from bot.gateways.csvfolder_export import Export, Fault, read_export
from bot.gateways.durable_files import held_if_free, make_folder, read_whole, sync_folder, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.gateway import Deliver
    from bot.gateways.csvfolder_export import ExportForm
    from bot.gateways.csvfolder_sign import Signer

log = structlog.get_logger(__name__)
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".lock", ".swp")
_PASSED_OVER = (".", "~$")
_REPORT = ".report.txt"
_CUT_WAITS = 30
"""How many times as long a file waits whose end is missing."""
_ROWS_KNOWN = timedelta(days=365)
_HELD = timedelta(hours=1)
_NAME = re.compile(r"[^\w.()-]")

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """What taking a file would do. ``unknown`` are words of results in no list, each with its number."""

    encoding: str
    results: int
    replies: int
    known: int
    faults: tuple[Fault, ...]
    unknown: tuple[tuple[str, int], ...]
    damaged: int

    @property
    def new(self) -> int:
        return self.results + self.replies - self.known


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was dealt with; ``name`` is what it is called now.

    ``refused`` is why nothing of it was taken ("" where it was), in both languages.
    """

    file: str
    at: datetime
    results: int
    replies: int
    known: int
    faults: int
    refused: tuple[str, str] = ("", "")
    name: str = ""

    @property
    def new(self) -> int:
        return self.results + self.replies - self.known


class ExportInbox:
    """The incoming half of a hand-off folder."""

    def __init__(self, folder: Path, form: ExportForm, signer: Signer, *, settle: timedelta, most: int) -> None:
        self.drop, self.done, self.refused = folder / "in", folder / "done", folder / "refused"
        self._given, self._taken = folder / "state" / "given", folder / "state" / "taken"
        self._held = folder / "state" / "held"
        self._form, self._signer, self._settle, self._most = form, signer, settle, most
        self._seen: dict[Path, tuple[Stamp, datetime]] = {}

    def prepare(self) -> None:
        """Make what is missing of the folder; raises OSError."""
        for folder in (self.drop, self.done, self.refused, self._given, self._taken, self._held):
            make_folder(folder)

    def preview(self, data: bytes) -> Preview:
        """What taking these bytes would do; raises InvalidInput where they are no export."""
        self._check_size(data)
        export = read_export(data, self._form, self._signer)
        known = self._known()
        return Preview(
            export.encoding, len(export.receipts), len(export.texts), sum(key in known for key in export.keys),
            tuple(export.faults), tuple(sorted(export.unknown.items())), sum(text.damaged for text in export.texts),
        )  # fmt: skip

    def give(self, name: str, data: bytes) -> str:
        """Lay a whole file down to be taken at the next look; under which name."""
        self._check_size(data)
        self.prepare()
        file = _named(name, data)
        write_whole(self._given / file, data)
        return file

    def hold(self, name: str, data: bytes, now: datetime) -> str:
        """Keep an upload until a person has seen what it would do; the token to take it by. Old ones are dropped."""
        self._check_size(data)
        make_folder(self._held)
        for path in self._held.iterdir():
            if path.stat().st_mtime < (now - _HELD).timestamp():
                path.unlink(missing_ok=True)
        token = secrets.token_hex(16)
        write_whole(self._held / f"{token}.{_named(name, data)}", data)
        return token

    def release(self, token: str, *, take: bool) -> str | None:
        """Give what was held, or drop it (``take`` False); its name, None where it was dealt with already."""
        self.prepare()
        there = {path.name.partition(".")[0]: path for path in self._held.glob("*")}  # no path from outside
        path = there.get(token)
        if path is None:
            return None
        name = path.name.partition(".")[2]
        if not take:
            path.unlink(missing_ok=True)
            return name
        try:
            path.replace(self._given / name)
        except FileNotFoundError:
            return None
        sync_folder(self._given)
        return name

    def report(self, name: str) -> bytes | None:
        """The report of a file that was dealt with, by ``Taken.name``; None where it is gone."""
        places = [
            path for folder in (self.done, self.refused) if folder.is_dir() for path in folder.glob(f"*{_REPORT}")
        ]
        return next((path.read_bytes() for path in places if path.name == name + _REPORT), None)

    def waiting(self) -> list[str]:
        """Files that are there and not taken yet."""
        folders = [folder for folder in (self._given, self.drop) if folder.is_dir()]
        return sorted(path.name for folder in folders for path in folder.iterdir() if _is_file(path))

    def taken(self, most: int = 50) -> list[Taken]:
        """What was dealt with, newest first."""
        found = [json.loads(path.read_bytes()) for path in self._taken.glob("*.json")] if self._taken.is_dir() else []
        found.sort(key=lambda item: str(item["at"]), reverse=True)
        return [_taken(item) for item in found[:most]]

    async def look(self, deliver: Deliver, now: datetime) -> int:
        """Take what is ready; how many files. What cannot be committed now stays, and its error is raised."""
        await asyncio.to_thread(self.prepare)
        failed: list[Exception] = []
        with held_if_free(self._taken / "lock") as mine:
            ready = await asyncio.to_thread(self._ready, now) if mine else []
            for path, stamp in ready:
                try:
                    await self._take(path, stamp, deliver, now)
                except Exception as error:  # noqa: BLE001  # one file must not hold up the next; raised below
                    failed.append(error)
        if failed:
            raise failed[0]
        return len(ready)

    def purge(self, before: datetime) -> None:
        """Remove files and reports that were dealt with before then, and after a year what tells known rows."""
        for folder, pattern, moment in (
            (self.done, "*", before), (self.refused, "*", before), (self._taken, "*.json", before),
            (self._taken, "rows-*.txt", before - _ROWS_KNOWN),
        ):  # fmt: skip
            for path in folder.glob(pattern):
                if path.stat().st_mtime < moment.timestamp():
                    path.unlink()

    # -- inside ----------------------------------------------------------------------------------------------------
    def _ready(self, now: datetime) -> list[tuple[Path, Stamp]]:
        ready = [(path, _stamp(path)) for path in sorted(self._given.iterdir()) if _is_file(path)]
        there = {path: _stamp(path) for path in sorted(self.drop.iterdir()) if _is_file(path)}
        self._seen = {path: seen for path, seen in self._seen.items() if there.get(path) == seen[0]}
        for path, stamp in there.items():
            _, since = self._seen.setdefault(path, (stamp, now))
            if now - since >= self._settle:
                ready.append((path, stamp))
        return ready

    async def _take(self, path: Path, stamp: Stamp, deliver: Deliver, now: datetime) -> None:
        data = await asyncio.to_thread(read_whole, path, self._most)
        try:
            self._check_size(data)
            export = await asyncio.to_thread(read_export, data, self._form, self._signer)
        except InvalidInput as error:
            await asyncio.to_thread(self._refuse, path, data, error, now)
            return
        if export.cut and self._may_grow(path, now):
            return
        for portion in export.portions():
            await deliver(portion)
        await asyncio.to_thread(self._finish, path, stamp, data, export, now)

    def _may_grow(self, path: Path, now: datetime) -> bool:
        """Whether a file without its end may still be written."""
        seen = self._seen.get(path)
        return seen is not None and now - seen[1] < self._settle * _CUT_WAITS

    def _finish(self, path: Path, stamp: Stamp, data: bytes, export: Export, now: datetime) -> None:
        known = self._known()
        again = sum(key in known for key in export.keys)
        self._remember([key for key in export.keys if key not in known], now)
        taken = Taken(path.name, now, len(export.receipts), len(export.texts), again, len(export.faults))
        if _stamp(path) == stamp:  # else somebody went on writing: it is read again, and its rows are known
            self._move(path, self.done, data, taken, export.faults)
        log.info("csvfolder.taken", results=taken.results, replies=taken.replies, known=again, faulty=taken.faults)

    def _refuse(self, path: Path, data: bytes, error: InvalidInput, now: datetime) -> None:
        self._move(path, self.refused, data, Taken(path.name, now, 0, 0, 0, 0, (error.ja, error.en)), [])
        log.error("csvfolder.refused", field=error.field)

    def _move(self, path: Path, folder: Path, data: bytes, taken: Taken, faults: list[Fault]) -> None:
        name = _named(path.name, data)
        write_whole(folder / (name + _REPORT), _report(taken, faults).encode("utf-8-sig"))
        record = {**asdict(taken), "at": taken.at.isoformat(), "name": name}
        write_whole(self._taken / f"{name}.json", json.dumps(record, ensure_ascii=False).encode())
        path.replace(folder / name)
        sync_folder(folder)
        self._seen.pop(path, None)

    def _check_size(self, data: bytes) -> None:
        if len(data) > self._most:
            raise InvalidInput(
                f"ファイルが大きすぎます({self._most // 1_000_000} MBまで)。期間を分けて書き出してください。",
                f"The file is larger than {self._most // 1_000_000} MB. Export a shorter time.", field="file",
            )  # fmt: skip

    def _known(self) -> frozenset[str]:
        """Rows that were taken before, by their keyed names; what the database knows counts, this only tells."""
        lists = self._taken.glob("rows-*.txt") if self._taken.is_dir() else ()
        return frozenset(line for path in lists for line in path.read_text(encoding="ascii").split())

    def _remember(self, keys: list[str], now: datetime) -> None:
        path = self._taken / f"rows-{now:%Y-%m-%d}.txt"
        before = path.read_bytes() if path.exists() else b""
        write_whole(path, before + "".join(f"{key}\n" for key in keys).encode())


def _is_file(path: Path) -> bool:
    name = path.name.casefold()
    passed = name.startswith(_PASSED_OVER) or name.endswith((*_UNFINISHED, _REPORT))
    return not passed and path.is_file() and not path.is_symlink()


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _named(name: str, data: bytes) -> str:
    """A name of the file's own and of its content, so that two exports of one name lie side by side."""
    stem, dot, suffix = name.replace("\\", "/").rpartition("/")[2].rpartition(".")
    digest = hashlib.sha256(data).hexdigest()[:8]
    bare = _NAME.sub("_", stem if dot else suffix).removesuffix(f".{digest}")[:60].lstrip(".")
    return f"{bare or 'export'}.{digest}.{_NAME.sub('_', suffix)[:8] if dot else 'csv'}"


def _report(taken: Taken, faults: list[Fault]) -> str:
    lines = [
        f"{taken.file}  {taken.at.isoformat(timespec='seconds')}",
        f"結果 results: {taken.results}  返信 replies: {taken.replies}  うち取り込み済み of these known: {taken.known}",
        f"読めなかった、または一部だけ読めた行 rows at fault: {taken.faults}",
        *([f"取り込みませんでした Not taken: {taken.refused[0]} / {taken.refused[1]}"] if taken.refused[0] else []),
        *(f"{fault.line}行目 line {fault.line}: {fault.ja} / {fault.en}" for fault in faults),
    ]
    return "\r\n".join(lines) + "\r\n"


def _taken(item: dict[str, Any]) -> Taken:
    refused = (str(item["refused"][0]), str(item["refused"][1]))
    return Taken(**{**item, "at": datetime.fromisoformat(item["at"]), "refused": refused})
