"""What the relay keeps on disk: sealed records, numbered and chained, until the inside has acknowledged them.

``waiting/NUMBER.sealed`` are the records. ``head.json`` tells the newest one, so that a removed file is missed even
where it was the last. ``acked.log`` keeps the inside's signed acknowledgements: with them another inside of the same
center sees that what is gone was taken. A record is on disk, file, folder and head, before anybody is answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.gateways.durable_files import make_folder, sync_folder, write_whole
from bot.gateways.relay_wire import FIRST, Ack, record_hash, write_record

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from bot.gateways.relay_seal import InsidePublic, RelayKey

_ACKS_KEPT = 100_000
_AT_ONCE = 200
_ENDING = ".sealed"

Waiting = tuple["datetime", bytes, "asyncio.Future[None]"]


@dataclass(frozen=True, slots=True)
class Portion:
    """What one fetch brings. It is complete up to the number ``upto``; ``seq`` and ``hash`` are the newest record's."""

    seq: int
    hash: str
    upto: int
    records: list[tuple[int, bytes]]
    acks: list[Ack]


class RelayStore:
    """One folder, one process. ``put`` gathers what comes at the same time into one commit."""

    def __init__(self, folder: Path, key: RelayKey, inside: InsidePublic, *, most_bytes: int) -> None:
        self._folder, self._waiting = folder, folder / "waiting"
        self._key, self._inside, self._most = key, inside, most_bytes
        self._lock = threading.Lock()
        self._queue: list[Waiting] = []
        self._running: asyncio.Task[None] | None = None
        self.arrived = asyncio.Event()
        self.id, self._seq, self._hash = "", 0, FIRST
        self._sizes: dict[int, int] = {}
        self._bytes = 0
        self._acks: dict[int, Ack] = {}

    def open(self) -> None:
        """Read what is there; half-written files, which nobody was told of, are removed. Raises OSError."""
        make_folder(self._waiting)
        for path in (*self._waiting.glob(".*.tmp"), *self._folder.glob(".*.tmp")):
            path.unlink()
        name = self._folder / "store"
        if not name.exists():
            write_whole(name, secrets.token_hex(8).encode())
        self.id = name.read_text(encoding="ascii").strip()
        self._read_acks()
        self._read_waiting()

    def _read_acks(self) -> None:
        log = self._folder / "acked.log"
        lines = log.read_bytes().split(b"\n") if log.exists() else []
        for line in lines[-_ACKS_KEPT:]:
            with contextlib.suppress(ValueError):
                ack = Ack.from_list(json.loads(line))
                self._acks[ack.name] = ack
        write_whole(log, b"".join(_line(ack) for ack in self._acks.values()))

    def _read_waiting(self) -> None:
        found = {int(path.stem): path for path in self._waiting.glob(f"*{_ENDING}") if path.stem.isdecimal()}
        for number, path in found.items():
            ack = self._acks.get(number)
            if ack and ack.hash == record_hash(path.read_bytes()):  # acknowledged just before the end
                path.unlink()
        self._sizes = {number: path.stat().st_size for number, path in found.items() if path.exists()}
        self._bytes = sum(self._sizes.values())
        known: dict[int, str] = {0: FIRST}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # lost: what waits tells as much
            told = json.loads((self._folder / "head.json").read_bytes())
            known[int(told["seq"])] = str(told["hash"])
        known |= {number: ack.hash for number, ack in self._acks.items() if number not in known}
        newest = max((*known, *self._sizes))
        self._seq, self._hash = newest, known.get(newest) or record_hash(self._path(newest).read_bytes())

    async def put(self, at: datetime, box: bytes) -> None:
        """Keep a box; returns when it is on disk. Raises OSError where there is no room; then it is not kept."""
        if self._bytes + len(box) > self._most:
            raise OSError(errno.ENOSPC, "too much is waiting")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((at, box, done))
        if self._running is None:
            self._running = asyncio.create_task(self._keep_all())
        await done

    async def _keep_all(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue[:_AT_ONCE], self._queue[_AT_ONCE:]
                number = await asyncio.to_thread(self._keep, batch)
                for _, _, done in batch:
                    if not done.done() and number:
                        done.set_exception(OSError(number, "not kept"))
                    elif not done.done():
                        done.set_result(None)
                self.arrived.set()
        finally:
            self._running = None

    def _keep(self, batch: list[Waiting]) -> int:
        """All of the batch, or nothing of it; 0, or the number of the fault."""
        with self._lock:
            seq, last, made = self._seq, self._hash, dict[int, int]()
            try:
                for at, box, _ in batch:
                    data = write_record(self._key, self.id, seq + 1, last, at, box)
                    seq, last = seq + 1, record_hash(data)
                    made[seq] = len(data)
                    _write(self._path(seq), data)
                sync_folder(self._waiting)
                write_whole(self._folder / "head.json", json.dumps({"seq": seq, "hash": last}).encode())
            except Exception as error:  # noqa: BLE001  # whoever waits must be told, whatever it was
                for number in made:
                    with contextlib.suppress(OSError):
                        self._path(number).unlink()
                return (error.errno if isinstance(error, OSError) else None) or errno.EIO
            self._seq, self._hash = seq, last
            self._sizes |= made
            self._bytes += sum(made.values())
        return 0

    def fetch(self, after: int, most_records: int, most_bytes: int) -> Portion:
        """What waits, oldest first, with the acknowledgements of numbers above ``after``. Call it in a thread."""
        with self._lock:
            records: list[tuple[int, bytes]] = []
            acks: list[Ack] = []
            room, upto = most_bytes, self._seq
            known = {number for number in self._acks if number > after}
            for number in sorted({*self._sizes, *known}):
                if len(records) >= most_records or len(acks) >= most_records * 10 or room <= 0:
                    upto = number - 1
                    break
                if number in known:
                    acks.append(self._acks[number])
                if number in self._sizes:
                    with contextlib.suppress(OSError):  # one that cannot be read is missed by the inside
                        records.append((number, self._path(number).read_bytes()))
                        room -= self._sizes[number]
            return Portion(self._seq, self._hash, upto, records, acks)

    def acknowledge(self, acks: list[Ack]) -> int:
        """Remove what the inside has; how many. Only with its signature, and only what it has seen as it is."""
        with self._lock:
            good = [ack for ack in acks if ack.name in self._sizes and ack.is_from(self._inside, self.id)]
            good = [ack for ack in good if self._is_there(ack)]
            if not good:
                return 0
            with (self._folder / "acked.log").open("ab") as log:
                log.write(b"".join(_line(ack) for ack in good))
                log.flush()
                os.fsync(log.fileno())
            for ack in good:
                self._acks[ack.name] = ack
                self._path(ack.name).unlink(missing_ok=True)
                self._bytes -= self._sizes.pop(ack.name)
            if len(self._acks) > 2 * _ACKS_KEPT:
                self._acks = dict(list(self._acks.items())[-_ACKS_KEPT:])
                write_whole(self._folder / "acked.log", b"".join(map(_line, self._acks.values())))
            return len(good)

    def _is_there(self, ack: Ack) -> bool:
        try:
            return record_hash(self._path(ack.name).read_bytes()) == ack.hash
        except OSError:
            return False

    def has_news(self, after: int) -> bool:
        """Whether something waits, or was taken since number ``after``."""
        return bool(self._sizes) or self._seq > after

    def _path(self, number: int) -> Path:
        return self._waiting / f"{number:015}{_ENDING}"


def _write(path: Path, data: bytes) -> None:
    """The file whole and on disk; its folder is synced by the caller."""
    fresh = path.with_name(f".{path.name}.tmp")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _line(ack: Ack) -> bytes:
    return json.dumps(ack.as_list()).encode() + b"\n"
