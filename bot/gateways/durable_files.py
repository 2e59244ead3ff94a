"""Files that are whole or not there, whatever happens to the process or the machine; shared by folders of gateways."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER_ONLY = 0o600
_FOLDER = 0o700


def make_folder(folder: Path) -> Path:
    """The folder, made where it is missing, for its owner alone. Raises OSError."""
    folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    return folder


def write_whole(path: Path, data: bytes, *, mode: int = OWNER_ONLY) -> None:
    """The file has all of ``data``, on disk, or is as it was before. Raises OSError."""
    fresh = write_beside(path, data, mode=mode)
    fresh.replace(path)
    sync_folder(path.parent)


def write_beside(path: Path, data: bytes, *, mode: int = OWNER_ONLY) -> Path:
    """A hidden file beside ``path`` with ``data`` on disk, to be put in its place; removed again on OSError."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    return fresh


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in the folder is on disk. Raises OSError."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def read_whole(path: Path, most: int) -> bytes:
    """Content of a plain file (never through a link); at most ``most`` + 1 bytes, so that more can be told."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read(most + 1)


@contextlib.contextmanager
def held(lock: Path) -> Iterator[None]:
    """One at a time, also among processes of this machine."""
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def held_if_free(lock: Path) -> Iterator[bool]:
    """As ``held``, but never waits: False where somebody else holds it."""
    with lock.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
