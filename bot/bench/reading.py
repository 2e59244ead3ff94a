"""How fast replies are read on one core, and what the reader takes to start: measured on the labelled replies."""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from bot.bench.progress import Told
from bot.domain.reading import Context
from bot.reading.evaluate import read_labelled
from bot.reading.reader import Reader
from bot.training import LABELLED, load_labelled

_FAIR_SAMPLE = "independent-1.jsonl"
"""Ordinary replies in the mix that a center gets; the other labelled ones are hard on purpose."""
_RAMBLE = 2_000
_LONGEST = 10_000
_ROUNDS, _MORE = 7, 25
"""How often long texts and typical ones are read: the fastest round has least of what else the machine does."""

Replies = list[tuple[str, Context]]


def measure_reading(folder: Path, told: Told) -> dict[str, Any]:
    """Readings a second, times in milliseconds, seconds to load, memory in MB, with the reader in ``folder``."""
    told("読み込み / Loading")
    start = time.perf_counter()
    reader = Reader.load(folder)
    ready = time.perf_counter()
    reader.warm()
    warm = time.perf_counter()
    held = _memory()
    with (folder / LABELLED / _FAIR_SAMPLE).open(encoding="utf-8") as lines:
        typical = [(row["text"], Context(row["context"])) for row in read_labelled(lines, _FAIR_SAMPLE)]
    told(f"短い返信 {len(typical)} 件 / {len(typical)} typical replies")
    times = min((_times(reader, typical) for _ in range(_MORE)), key=sum)
    told("長い文 / Long texts")
    replies = [(row["text"], Context(row["context"])) for row in load_labelled(folder)]
    return {
        "replies": len(typical),
        "readings_per_second": round(len(times) / sum(times)),
        "mean_ms": _ms(statistics.fmean(times)),
        "p99_ms": _ms(statistics.quantiles(times, n=100)[98]),
        "under_2_ms": round(sum(seconds < 0.002 for seconds in times) / len(times), 4),
        f"longest_of_{_RAMBLE}_characters_ms": _ms(_slowest(reader, replies, _RAMBLE)),
        f"longest_of_{_LONGEST}_characters_ms": _ms(_slowest(reader, replies, _LONGEST)),
        "load_s": round(ready - start, 3),
        "load_every_language_s": round(warm - start, 3),
        "memory_mb": held,
    }


def _times(reader: Reader, replies: Replies) -> list[float]:
    """Seconds for each reply; processor time, so that what else the machine does counts for nothing."""
    times = []
    for text, context in replies:
        start = time.process_time()
        reader.read(text, context)
        times.append(time.process_time() - start)
    return times


def _slowest(reader: Reader, replies: Replies, size: int) -> float:
    """The slowest ramble of ``size`` characters; one is put together from each tenth of the replies."""
    tenth = max(len(replies) // 10, 1)
    slowest = 0.0
    for first in range(0, len(replies), tenth):
        texts = cycle([text for text, _ in replies[first : first + tenth]])
        ramble = "。".join(islice(texts, size))[:size]
        slowest = max(slowest, min(_times(reader, [(ramble, Context.DAILY)] * _ROUNDS)))
    return slowest


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _memory() -> float | None:
    """The most memory that this process has held, in MB; None where the system does not tell."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:  # Windows
        return None
    held = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return round(held / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
