"""The files of a conversations folder, read as text; nothing here knows what they mean."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import bot
from bot.domain.errors import NotFound
from bot.domain.states import Language
from bot.scripts.issue import Issue, Place

COMMON = "common"
NO_PROGRAMS = frozenset({COMMON, "reading"})
MAX_FILE_BYTES = 200_000
"""No hand-written file comes near it; what is larger is not opened."""

_PROGRAM_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")

Sources = dict[str, str]
"""File name below ``conversations/`` (with ``/``) -> its text."""


def default_conversations() -> Path:
    """The folder inside the installed package, or, in a checkout, the one beside ``bot/``."""
    package = Path(bot.__file__).parent
    shipped = package / "_shipped" / "conversations"
    return shipped if shipped.is_dir() else package.parent / "conversations"


def programs(folder: Path) -> list[str]:
    """Names of the programs in a conversations folder, in alphabetical order; raises NotFound without that folder."""
    try:
        return sorted(path.name for path in folder.iterdir() if path.is_dir() and is_program_name(path.name))
    except OSError:
        raise NotFound(
            f"会話のフォルダ {folder} がないか、開けません。",
            f"The conversations folder {folder} is not there or cannot be opened.",
            field="conversations",
        ) from None


def is_program_name(name: str) -> bool:
    """Small letters, digits and hyphens; ``common`` and ``reading`` are taken."""
    return bool(_PROGRAM_NAME.match(name)) and name not in NO_PROGRAMS


def source_files(folder: Path, program: str) -> list[Path]:
    """The files that a program's script is made of and that exist, in alphabetical order."""
    found = [folder / program / "program.yaml"]
    for part in (COMMON, program):
        found.append(folder / part / "script.yaml")
        found += [folder / part / "texts" / f"{language}.yaml" for language in Language]
    found += [folder / COMMON / "words" / f"{language}.yaml" for language in Language]
    return sorted(path for path in found if path.is_file())


def read_sources(folder: Path, program: str) -> tuple[Sources, list[Issue]]:
    """The text of each of the program's files, and what could not be read."""
    sources: Sources = {}
    issues: list[Issue] = []
    for path in source_files(folder, program):
        name = path.relative_to(folder).as_posix()
        read = read_text(path, name)
        if isinstance(read, Issue):
            issues.append(read)
        else:
            sources[name] = read
    return sources, issues


def read_text(path: Path, name: str) -> str | Issue:
    """A file's text, with plain line ends; or why it cannot be read (``name`` is how the issue calls it)."""
    try:
        raw = _read_limited(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Issue.error("file", Place(name), f"開けません({reason})。", f"It cannot be opened ({reason}).")
    if len(raw) > MAX_FILE_BYTES:
        return Issue.error(
            "file",
            Place(name),
            f"大きすぎます({MAX_FILE_BYTES // 1000}KBまで)。",
            f"It is too large (the limit is {MAX_FILE_BYTES // 1000} kB).",
        )
    return _decode(raw, name)


def _read_limited(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _decode(raw: bytes, name: str) -> str | Issue:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Issue.error(
            "encoding",
            Place(name, line),
            "UTF-8の文字ではありません。文字コードをUTF-8にして保存してください。",
            "These bytes are not UTF-8; save the file as UTF-8.",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def version_of(program: str, sources: Sources) -> str:
    """A name for exactly this content: 24 hexadecimal digits."""
    digest = hashlib.sha256(program.encode())
    for name, text in sorted(sources.items()):
        for part in (name, text):
            data = part.encode()
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:24]
