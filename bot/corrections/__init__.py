"""Readings that were wrong: re-reading, marking without name or number, and the review that makes labelled examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.corrections.examples import Examples
from bot.corrections.marking import Marking
from bot.corrections.reread import Rereader
from bot.corrections.review import Review

if TYPE_CHECKING:
    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.reading.reader import Reader
    from bot.storage.bells import Bells
    from bot.storage.database import Database

__all__ = ["Corrections", "Examples"]


@dataclass(frozen=True, slots=True)
class Corrections:
    """What staff, managers and the command line do with readings."""

    marking: Marking
    review: Review
    rereader: Rereader

    @classmethod
    def make(
        cls, database: Database, office: Office, clock: Clock, bells: Bells, reader: Reader, examples: Examples
    ) -> Corrections:
        """``reader`` is today's; ``examples`` are where accepted ones go."""
        return cls(
            Marking(database, office, clock, bells),
            Review(database, office, clock, bells, examples),
            Rereader(database, reader),
        )
