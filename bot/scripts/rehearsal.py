"""``script test``: plays every dialogue in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.domain.errors import MimamoriError
from bot.scripts.bundle import ScriptBundle
from bot.scripts.check.folder import known_program
from bot.scripts.dialogue import Dialogue, dialogue_files, parse_dialogue
from bot.scripts.issue import Issue, Place
from bot.scripts.load import load_bundle
from bot.scripts.play import Difference, play
from bot.scripts.simulate import Reads, Simulation
from bot.scripts.source import read_text


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of one dialogue: passed when there is neither an issue nor a difference."""

    file: str
    title: str
    issues: tuple[Issue, ...] = ()
    difference: Difference | None = None
    rewritten: bool = False

    @property
    def passed(self) -> bool:
        return not self.issues and self.difference is None


def rehearse(folder: Path, reader: Reads, only: str | None = None, *, update: bool = False) -> Iterator[Rehearsed]:
    """Play the dialogues of one program or of all. ``update`` writes what the bot really says into the files.

    Raises NotFound for an unknown program and ScriptUnusable for a script that does not load.
    """
    known_program(folder, only)
    bundles = lru_cache(maxsize=None)(lambda program: load_bundle(folder, program))
    for path, program in dialogue_files(folder, only):
        name = path.relative_to(folder).as_posix()
        text = read_text(path, name)
        if isinstance(text, Issue):
            yield Rehearsed(name, "", (text,))
            continue
        dialogue, issues = parse_dialogue(name, text, program)
        if only not in {None, dialogue.program}:
            continue
        if issues:
            yield Rehearsed(name, dialogue.title, tuple(issues))
        else:
            yield _safely(path, dialogue, bundles, reader, update=update)


def _safely(
    path: Path, dialogue: Dialogue, bundles: Callable[[str], ScriptBundle], reader: Reads, *, update: bool
) -> Rehearsed:
    try:
        return _play(path, dialogue, bundles, reader, update=update)
    except MimamoriError:
        raise
    except Exception as error:  # noqa: BLE001 - one dialogue that breaks the engine must not hide the others
        why = type(error).__name__
        ja, en = f"この会話でプログラムが止まりました({why})。", f"This dialogue broke the engine ({why}: {error})."
        return Rehearsed(dialogue.file, dialogue.title, (Issue.error("engine", Place(dialogue.file), ja, en),))


def _play(
    path: Path, dialogue: Dialogue, bundles: Callable[[str], ScriptBundle], reader: Reads, *, update: bool
) -> Rehearsed:
    played = play(dialogue, Simulation(bundles, dialogue.program, reader, dialogue.start))
    rewrite = update and played.updated != "\n".join(dialogue.lines)
    if not rewrite:
        return Rehearsed(dialogue.file, dialogue.title, (), played.difference)
    path.write_text(played.updated, encoding="utf-8")
    again, _ = parse_dialogue(dialogue.file, played.updated, dialogue.program if dialogue.program_line == 0 else None)
    checked = play(again, Simulation(bundles, again.program, reader, again.start))
    return Rehearsed(dialogue.file, dialogue.title, (), checked.difference, rewritten=True)
