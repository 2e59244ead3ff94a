"""All checks of a conversations folder."""

from __future__ import annotations

from pathlib import Path

from bot.domain.errors import NotFound
from bot.scripts.bundle import ScriptBundle
from bot.scripts.check import check_bundle, dialogues, unused_texts
from bot.scripts.issue import Issue, Place, errors, in_order
from bot.scripts.load import load
from bot.scripts.source import programs


def check_folder(folder: Path, only: str | None = None) -> list[Issue]:
    """Everything that is wrong with ``only`` one program or with all of a folder; raises NotFound."""
    names = known_program(folder, only)
    issues: list[Issue] = []
    bundles: dict[str, ScriptBundle] = {}
    for name in names:
        loaded = load(folder, name)
        issues += check_bundle(loaded)
        if loaded.bundle is not None:
            bundles[name] = loaded.bundle
    known = frozenset(programs(folder))
    issues += dialogues.check(folder, bundles, known, only)
    if not known:
        issues.append(
            Issue.error("no-program", Place("."), "プログラムのフォルダがありません。", "There is no program here.")
        )
    if only is None and len(bundles) == len(names) and not errors(issues):
        issues += unused_texts.common(bundles.values())
    return in_order(issues)


def known_program(folder: Path, only: str | None) -> list[str]:
    """All programs of a folder, or the one that was named; raises NotFound for one that is not there."""
    names = programs(folder)
    if only is None:
        return names
    if only not in names:
        listed = ", ".join(names)
        raise NotFound(
            f"プログラム「{only}」はありません。あるのは {listed} です。",
            f"There is no program {only}; there are {listed}.",
            field="program",
        )
    return [only]
