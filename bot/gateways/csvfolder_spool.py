"""Texts on their way out: each is durable once taken, and stands in exactly one file, whenever the process ends.

A text is a file of ``state/spool`` (name: arrival and reference). A batch takes some of them into ``state/work/ID`` by
renames, writes the finished file there, keeps the batch's record, and puts the file into ``out`` by one rename: as long
as the finished file is still in ``state/work/ID``, nobody has seen it. Whoever comes next finishes what was begun.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.domain.errors import NotFound
from bot.gateways.csvfolder_sign import manifest_of
from bot.gateways.durable_files import held, make_folder, sync_folder, write_beside, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import time
    from pathlib import Path

    from bot.gateways.csvfolder_cells import Layout
    from bot.gateways.csvfolder_sign import Signer

_READY = "ready.csv"


@dataclass(frozen=True, slots=True)
class Timing:
    """When a file is made: at ``rows`` texts, when the first has waited for ``every``, or at local times of day."""

    every: timedelta
    rows: int
    at: tuple[time, ...]
    zone: ZoneInfo

    def is_due(self, waiting: int, first: datetime, now: datetime) -> bool:
        if waiting >= self.rows:
            return True
        if not self.at:
            return now - first >= self.every
        days = {moment.astimezone(self.zone).date() for moment in (first, now)}
        moments = [datetime.combine(day, at, self.zone) for day in days for at in self.at]
        return any(first < moment <= now for moment in moments) or now - first >= timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """A file that was made. ``there`` says whether it still lies where it was put."""

    id: str
    file: str
    made_at: datetime
    rows: int
    sha256: str
    carried_at: datetime | None
    carried_by: str
    there: bool


class NotTaken(Exception):
    """The text was surely not kept (no room, folder away); ``code`` names the fault."""


class Spool:
    """The outgoing half of a hand-off folder. Every method works on the disk: call it in a thread."""

    def __init__(self, folder: Path, account: str, timing: Timing) -> None:
        self._account, self._timing = account, timing
        self.out, self.carried, state = folder / "out", folder / "carried", folder / "state"
        self._spool, self._work, self._batches = state / "spool", state / "work", state / "batches"
        self._lock = state / "lock"
        self._known: dict[str, frozenset[str]] = {}
        self._told: dict[str, int] = {}

    def prepare(self) -> None:
        """Make what is missing of the folder; raises OSError."""
        for folder in (self.out, self.carried, self._spool, self._work, self._batches):
            make_folder(folder)

    def add(self, text: Mapping[str, str], now: datetime) -> None:
        """Keep a text (``reference``, ``recipient``, ``text``), once for each reference.

        Raises NotTaken; any other OSError leaves open whether it was kept.
        """
        entry = self._spool / f"{int(now.timestamp() * 1_000_000):020}-{text['reference']}.json"
        try:
            self.prepare()
            fresh = write_beside(entry, json.dumps(dict(text), ensure_ascii=False).encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise NotTaken(type(error).__name__) from error
        with held(self._lock):
            if self._has(text["reference"]):
                fresh.unlink()
                return
            fresh.replace(entry)
            sync_folder(self._spool)

    def has(self, reference: str) -> bool:
        """Whether a text of that reference was kept, in a file or not yet."""
        self.prepare()
        with held(self._lock):
            return self._has(reference)

    def make_files(self, layout: Layout, signer: Signer, now: datetime, *, at_once: bool = False) -> list[str]:
        """Finish what was begun, then make the files that are due (``at_once``: all); their names."""
        self.prepare()
        made: list[str] = []
        with held(self._lock):
            made += [self._finish(work, layout, signer, now) for work in sorted(self._work.iterdir())]
            while batch := self._due(now, at_once=at_once):
                work = self._new_work(now)
                for entry in batch:
                    entry.replace(work / entry.name)
                sync_folder(self._spool)
                made.append(self._finish(work, layout, signer, now))
        return [name for name in made if name]

    def waiting(self) -> int:
        """Texts that stand in no file yet."""
        return len(self._entries(self._spool))

    def batches(self, most: int = 100) -> list[Batch]:
        """The files made, newest first."""
        if not self._batches.is_dir():
            return []
        newest = sorted(self._batches.glob("*.json"), reverse=True)[:most]
        return [self._batch(json.loads(path.read_bytes())) for path in newest]

    def data(self, batch_id: str) -> tuple[str, bytes, bytes]:
        """Name, content and manifest of a file; raises NotFound where it has been taken away."""
        file = self._file(self._record(batch_id))
        if file is None:
            raise _no_file()
        return file.name, file.read_bytes(), manifest_of(file).read_bytes()

    def mark_carried(self, batch_id: str, who: str, now: datetime) -> None:
        """Note who carried a file to the vendor, and move it away from ``out``. Done once; raises NotFound."""
        self.prepare()
        with held(self._lock):
            record = self._record(batch_id)
            if record.get("carried_at"):
                return
            self._keep({**record, "carried_at": now.isoformat(), "carried_by": who})
            file = self._file(record)
            for path in (file, manifest_of(file)) if file else ():
                with contextlib.suppress(FileNotFoundError):
                    path.replace(self.carried / path.name)

    def untold(self) -> list[tuple[str, list[str], str, datetime]]:
        """Files of which the lives of their texts do not tell yet: id, references, ``file`` or ``carried``, when."""
        found = []
        for path in sorted(self._batches.glob("*.json")) if self._batches.is_dir() else ():
            changed = path.stat().st_mtime_ns
            if self._told.get(path.name) == changed:
                continue
            record = json.loads(path.read_bytes())
            steps = {"file": record["made_at"], "carried": record.get("carried_at")}
            waiting = [(told, at) for told, at in steps.items() if at and told not in record.get("told", ())]
            found += [(path.stem, record["references"], told, datetime.fromisoformat(at)) for told, at in waiting]
            if not waiting:
                self._told[path.name] = changed
        return found

    def note_told(self, batch_id: str, told: str) -> None:
        """Their lives tell of it now."""
        with held(self._lock):
            record = self._record(batch_id)
            self._keep({**record, "told": [*record.get("told", ()), told]})

    def purge(self, before: datetime) -> None:
        """Remove carried files, and the records of files that are gone, where they are older; others stay."""
        for path in self.carried.glob("*"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
        for path in self._batches.glob("*.json"):
            record = json.loads(path.read_bytes())
            if datetime.fromisoformat(record["made_at"]) < before and self._file(record) is None:
                manifest_of(self.out / record["file"]).unlink(missing_ok=True)
                path.unlink()
                self._known.pop(path.name, None)

    # -- inside ----------------------------------------------------------------------------------------------------
    @staticmethod
    def _entries(folder: Path) -> list[Path]:
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))

    def _has(self, reference: str) -> bool:
        ending = f"-{reference}.json"
        places = [self._spool, *self._work.iterdir()]
        if any(entry.name.endswith(ending) for place in places for entry in self._entries(place)):
            return True
        for path in self._batches.glob("*.json"):
            if path.name not in self._known:
                self._known[path.name] = frozenset(json.loads(path.read_bytes())["references"])
        return any(reference in references for references in self._known.values())

    def _due(self, now: datetime, *, at_once: bool) -> list[Path]:
        entries = self._entries(self._spool)
        if not entries:
            return []
        first = datetime.fromtimestamp(int(entries[0].name.split("-")[0]) / 1_000_000, UTC)
        due = at_once or self._timing.is_due(len(entries), first, now)
        return entries[: self._timing.rows] if due else []

    def _new_work(self, now: datetime) -> Path:
        stem = f"{self._account}-{now.astimezone(self._timing.zone):%Y%m%d-%H%M%S}"
        number = 1
        while (self._batches / f"{stem}-{number:03}.json").exists() or (self._work / f"{stem}-{number:03}").exists():
            number += 1
        work = make_folder(self._work / f"{stem}-{number:03}")
        sync_folder(self._work)
        return work

    def _finish(self, work: Path, layout: Layout, signer: Signer, now: datetime) -> str:
        """Bring a batch to its end from wherever it stands; the file's name, "" where there was nothing in it."""
        ready, target = work / _READY, self.out / f"{work.name}.csv"
        if not (self._batches / f"{work.name}.json").exists():
            texts = [json.loads(entry.read_bytes()) for entry in self._entries(work)]
            if not texts:
                shutil.rmtree(work)
                return ""
            self._write(work.name, ready, target, texts, (layout, signer, now))
        if ready.exists():
            ready.replace(target)  # from here on it is out
            sync_folder(self.out)
            sync_folder(work)
        shutil.rmtree(work)
        return target.name

    def _write(
        self,
        batch_id: str,
        ready: Path,
        target: Path,
        texts: Sequence[Mapping[str, str]],
        how: tuple[Layout, Signer, datetime],
    ) -> None:
        layout, signer, now = how
        data = layout.file(texts)
        facts = {
            "id": batch_id, "account": self._account, "file": target.name, "made_at": now.isoformat(),
            "rows": len(texts), "encoding": layout.encoding,
        }  # fmt: skip
        manifest = signer.manifest(data, facts)
        write_whole(ready, data)
        write_whole(manifest_of(target), manifest)
        self._keep({**facts, "sha256": json.loads(manifest)["sha256"], "references": [t["reference"] for t in texts]})

    def _keep(self, record: Mapping[str, Any]) -> None:
        write_whole(self._batches / f"{record['id']}.json", json.dumps(record, ensure_ascii=False).encode())

    def _record(self, batch_id: str) -> dict[str, Any]:
        names = {path.stem: path for path in self._batches.glob("*.json")}  # an id from outside never makes a path
        if batch_id not in names:
            raise _no_file()
        found: dict[str, Any] = json.loads(names[batch_id].read_bytes())
        return found

    def _file(self, record: Mapping[str, Any]) -> Path | None:
        places = (self.out / record["file"], self.carried / record["file"])
        return next((path for path in places if path.is_file() and manifest_of(path).is_file()), None)

    def _batch(self, record: Mapping[str, Any]) -> Batch:
        carried = record.get("carried_at")
        return Batch(
            record["id"], record["file"], datetime.fromisoformat(record["made_at"]), record["rows"], record["sha256"],
            datetime.fromisoformat(carried) if carried else None, record.get("carried_by", ""),
            self._file(record) is not None,
        )  # fmt: skip


def _no_file() -> NotFound:
    return NotFound(
        "そのファイルはありません。もう運ばれたか、片づけられています。", "That file is not there: carried or removed."
    )
