"""The data folder of an embedded installation: one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
from typing import TYPE_CHECKING

from bot.domain.errors import StorageUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def make_private(folder: Path) -> None:
    """Make the folder, and those above it, where there are none, for the owner alone; the others stay as they are."""
    if not folder.parent.exists():
        make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


@contextlib.contextmanager
def only_process(folder: Path) -> Iterator[None]:
    """Hold the folder for the block; raises StorageUnusable where another process does, or it cannot be written to."""
    try:
        make_private(folder)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise StorageUnusable(
            f"フォルダー {folder} に書き込めません({error.strerror})。",
            f"Cannot write to {folder} ({error.strerror}).",
            field="data",
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StorageUnusable(
                f"{folder} では別の mimamori が動いています。", f"Another mimamori runs on {folder}.", field="data"
            ) from None
        yield
