"""A reply read again: with the rules that read it, and with today's."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.domain.errors import ScriptError
from bot.domain.rereading import readable, readings_json, same_readings
from bot.reading.code import code_version
from bot.reading.reader import Reader
from bot.storage.readings import find_reading_version

if TYPE_CHECKING:
    from bot.domain.rereading import Circumstances
    from bot.storage.database import Database
    from bot.storage.readings import StoredReply

Readings = list[dict[str, Any]]
_OPENED = 3
"""Earlier versions that are kept open; each takes a few megabytes and about half a second to open."""


@dataclass(frozen=True, slots=True)
class Reread:
    """A reply read again. ``problem`` tells why it could not be: ``circumstances``, ``version`` or ``unusable``.

    ``kept`` and ``today`` are its readings by the version that read it and by today's; None where there are none.
    """

    version: str
    today_version: str
    code: str
    today_code: str
    problem: str = ""
    kept: Readings | None = None
    today: Readings | None = None
    same: bool | None = None
    same_today: bool | None = None

    @property
    def other_code(self) -> bool:
        """Whether another program read it then, so that the same rules need not give the same reading."""
        return bool(self.code) and self.code != self.today_code


class Rereader:
    """Opens the versions that the database keeps; ``reader`` is today's."""

    def __init__(self, database: Database, reader: Reader) -> None:
        self._database = database
        self._reader = reader
        self._open: OrderedDict[str, Reader] = OrderedDict({reader.version: reader})

    async def again(self, reply: StoredReply) -> Reread:
        """Read a reply again in the circumstances in which it was read."""
        now = reply.circumstances
        if now is None:
            return Reread(reply.version, self._reader.version, "", code_version(), "circumstances")
        found = Reread(reply.version, self._reader.version, now.code, code_version())
        today = await asyncio.to_thread(_read, self._reader, reply.text, now)
        same_today = same_readings(_plain(reply.readings), _plain(today))
        found = replace(found, today=today, same_today=same_today)
        try:
            reader = await self._reader_of(reply.version)
        except ScriptError:
            return replace(found, problem="unusable")
        if reader is None:
            return replace(found, problem="version")
        kept = await asyncio.to_thread(_read, reader, reply.text, now)
        return replace(found, kept=kept, same=same_readings(reply.readings, kept))

    async def _reader_of(self, version: str) -> Reader | None:
        if version in self._open:
            self._open.move_to_end(version)
            return self._open[version]
        async with self._database.read() as tx:
            files = await find_reading_version(tx, version)
        if files is None:
            return None
        reader = await asyncio.to_thread(Reader.from_files, files)
        self._open[version] = reader
        while len(self._open) > _OPENED:
            self._open.popitem(last=False)
        return reader


_PROBLEMS = {
    "circumstances": "条件が保存されていない / circumstances not kept",
    "version": "その版は保存されていない / version not kept",
    "unusable": "その版を開けない / version cannot be opened",
}


def in_words(reply: StoredReply, again: Reread) -> str:
    """One line on a reply that was read again: its id, versions and labels, and nothing that it says."""
    kept = _PROBLEMS.get(again.problem) or (
        "同じ / same" if again.same else f"違う / differs: {_change(reply, again.kept)}"
    )
    words = [f"#{reply.id}", again.version, kept]
    if again.same_today is not None:
        now = "同じ / same" if again.same_today else f"違う / differs: {_change(reply, again.today)}"
        words.append(f"今の規則 / today {again.today_version}: {now}")
    if again.other_code:
        words.append(f"プログラムが違う / other program: {again.code}")
    return "  ".join(words)


def _change(reply: StoredReply, again: Readings | None) -> str:
    """What was read then and now; the priorities and intents, or that another detail differs."""
    then, now = (
        "+".join(f"{reading['intent']}:{reading['priority']}" for reading in readings)
        for readings in (reply.readings, again or [])
    )
    return f"{then} → {now}" if then != now else f"{then} (細部 / details)"


def _read(reader: Reader, text: str, now: Circumstances) -> Readings:
    parts = reader.read_for(readable(text), now.context, now.members, now.asked)
    readings: Readings = json.loads(readings_json(parts))
    return readings


def _plain(readings: Readings) -> Readings:
    """Readings without the version, which always differs between two."""
    return [{key: value for key, value in reading.items() if key != "version"} for reading in readings]
