"""What the inside knows of its relay: how far it has read, what is not yet acknowledged, and what was not in order.

Nothing is ever dropped for being out of order: every record that the relay signed is taken, and what is odd is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.gateways.durable_files import make_folder, write_whole
from bot.gateways.relay_wire import FIRST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from bot.gateways.relay_wire import Record

_NOTICES_KEPT = 200

WORDS: dict[str, tuple[str, str]] = {
    "missing": (
        "中継が預かったはずの要求がありません(消された、または壊れた)。事業者の画面で、その時刻の受信を確かめてください。",
        "A request that the relay kept is gone. Look at the provider's screen for what came at that time.",
    ),
    "tampered": (
        "中継のファイルが書き換えられています。中身は取り込まず、別に置きました。",
        "A file at the relay was changed. It was not taken, and put aside.",
    ),
    "reordered": (
        "中継のファイルが入れ替えられています。中身は取り込みました。",
        "Files at the relay were exchanged. Their content was taken.",
    ),
    "chain": (
        "中継の記録のつながりが合いません(途中が差し替えられた、など)。中身は取り込みました。",
        "The relay's chain of records is broken. Their content was taken.",
    ),
    "returned": (
        "中継に古い記録が戻っています(古いバックアップから戻した、など)。中身は取り込みました。",
        "Old records are back at the relay (restored from a backup?). Their content was taken.",
    ),
    "new_store": (
        "中継のフォルダーが新しくなっています。前のフォルダーに残っていた要求は届きません。",
        "The relay has a new folder. What was left in the old one does not arrive.",
    ),
    "unreadable": (
        "要求の封を開けられません。中継の inside と、中の key の組を確かめてください。",
        "A request cannot be opened. Check that the relay's inside fits our key.",
    ),
    "unknown_account": (
        "中継から、設定のないアカウントの要求が届きました。設定を足して起動し直すと、取り込みます。",
        "A request for an account that is not configured; it is taken after a restart, once it is.",
    ),
    "failed": (
        "何度試しても取り込めない要求を、別に置きました。10分ごとに、もう一度試します。",
        "A request could not be taken at many attempts. It was put aside, and is tried again every ten minutes.",
    ),
}
"""What was noticed, in words: Japanese, English."""


class Notice(NamedTuple):
    """Something that was not in order, with the numbers of its records."""

    at: str
    what: str
    first: int
    last: int

    @property
    def words(self) -> tuple[str, str]:
        """In Japanese and English."""
        ja, en = WORDS[self.what]
        numbers = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"{ja}({self.at[:19]} UTC、番号 {numbers})", f"{en} ({self.at[:19]} UTC, number {numbers})"


class Odd(NamedTuple):
    """A kind of disorder, by its key in WORDS, and the numbers that it concerns."""

    what: str
    first: int
    last: int


@dataclass
class State:
    """``seq`` and ``hash`` are the newest record's that was looked at; ``pending`` what is not acknowledged yet."""

    store: str = ""
    seq: int = 0
    hash: str = FIRST
    pending: dict[int, str] = field(default_factory=dict)
    handled: set[str] = field(default_factory=set)
    notices: list[Notice] = field(default_factory=list)

    @classmethod
    def load(cls, file: Path) -> State:
        """As it was saved; a fresh one where there is none, or where it cannot be read."""
        try:
            told: dict[str, Any] = json.loads(file.read_bytes())
            pending = {int(name): str(record) for name, record in told["pending"].items()}
            notices = [Notice(*item) for item in told["notices"]]
            return cls(told["store"], told["seq"], told["hash"], pending, set(told["handled"]), notices)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def save(self, file: Path) -> None:
        """Raises OSError."""
        make_folder(file.parent)
        told = {
            "store": self.store, "seq": self.seq, "hash": self.hash, "pending": self.pending,
            "handled": sorted(self.handled), "notices": self.notices[-_NOTICES_KEPT:],
        }  # fmt: skip
        write_whole(file, json.dumps(told, ensure_ascii=False).encode())

    def notice(self, odd: Odd, now: datetime) -> None:
        self.notices = [*self.notices, Notice(now.isoformat(), *odd)][-_NOTICES_KEPT:]

    def look(self, found: Mapping[int, Record], taken: Mapping[int, str], upto: int) -> list[Odd]:
        """Go through the numbers up to ``upto`` (the answer is complete so far), and tell what is odd about them.

        ``found`` wait at the relay; ``taken`` are those that we acknowledged, with their hashes ("": not comparable).
        """
        seen = {*self.pending.values(), *self.handled}
        odd = [Odd("returned", n, n) for n in sorted(found) if n <= self.seq and found[n].hash not in seen]
        for number in sorted({n for n in (*found, *taken) if self.seq < n <= upto} | {upto + 1}):
            if number - 1 > self.seq:
                odd.append(Odd("missing", self.seq + 1, number - 1))
                self.seq, self.hash = number - 1, ""  # whatever comes next has nothing to be compared with
            if number > upto:
                break
            record = found.get(number)
            if record is not None and self.hash not in {"", record.prev}:
                odd.append(Odd("chain", number, number))
            self.seq, self.hash = number, record.hash if record is not None else taken[number]
        self.pending = {n: name for n, name in self.pending.items() if n > upto}
        self.pending |= {n: record.hash for n, record in found.items()}
        self.handled &= {*self.pending.values()}
        return odd
