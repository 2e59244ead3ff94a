"""Example conversations must be readable and name programs and steps that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.scripts.bundle import ScriptBundle
from bot.scripts.checkwords import disagreement
from bot.scripts.dialogue import Check, Dialogue, Enrol, Staff, dialogue_files, parse_dialogue
from bot.scripts.issue import Issue, Place
from bot.scripts.source import read_text
from bot.scripts.stage import State

_OWN_WORDS = frozenset({"no-text", "refused"})


def check(
    folder: Path, bundles: Mapping[str, ScriptBundle], known: frozenset[str], only: str | None
) -> Iterator[Issue]:
    """Dialogues of ``only`` one program, or all; ``known`` are all programs, ``bundles`` those that load."""
    for path, program in dialogue_files(folder, only):
        name = path.relative_to(folder).as_posix()
        text = read_text(path, name)
        if isinstance(text, Issue):
            yield text
            continue
        dialogue, issues = parse_dialogue(name, text, program)
        if only in {None, dialogue.program}:
            yield from issues
            yield from _names(dialogue, bundles, known)


def _names(dialogue: Dialogue, bundles: Mapping[str, ScriptBundle], known: frozenset[str]) -> Iterator[Issue]:
    if dialogue.program not in known and dialogue.program_line:
        yield _unknown_program(dialogue, dialogue.program_line, dialogue.program)
    bundle = bundles.get(dialogue.program)
    steps = set(bundle.script.steps) if bundle else None
    for entry in dialogue.entries:
        if isinstance(entry, Enrol) and entry.resident.program not in {None, *known}:
            yield _unknown_program(dialogue, entry.line, str(entry.resident.program))
        elif isinstance(entry, Staff) and entry.action == "hand-back":
            yield from _step(dialogue, entry.line, entry.argument, steps)
        elif isinstance(entry, Check):
            yield from _words(dialogue, entry, steps)


def _words(dialogue: Dialogue, check_line: Check, steps: set[str] | None) -> Iterator[Issue]:
    for word in check_line.words:
        key, _, value = word.partition("=")
        if key == "step" and value != "none":
            yield from _step(dialogue, check_line.line, value, steps)
        wrong = None if word in _OWN_WORDS else disagreement(word, State())
        if wrong and wrong[1].startswith("check>"):
            yield _issue(dialogue, check_line.line, f"「{word}」: {wrong[0]}", f"“{word}”: {wrong[1]}")


def _step(dialogue: Dialogue, line: int, name: str, steps: set[str] | None) -> Iterator[Issue]:
    if steps is not None and name not in steps:
        yield _issue(dialogue, line, f"「{name}」という step はありません。", f"There is no step “{name}”.")


def _unknown_program(dialogue: Dialogue, line: int, name: str) -> Issue:
    return _issue(dialogue, line, f"「{name}」というプログラムはありません。", f"There is no program “{name}”.")


def _issue(dialogue: Dialogue, line: int, ja: str, en: str) -> Issue:
    return Issue.error("dialogue", Place(dialogue.file, line), ja, en)
