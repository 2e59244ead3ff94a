"""The scripts of a running server: which version is current, and every version that a conversation still needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bot.domain.errors import NotFound
from bot.scripts.bundle import ScriptBundle
from bot.scripts.issue import Issue, ScriptUnusable, errors
from bot.scripts.load import Loaded, load, parse
from bot.scripts.source import programs, source_files

Check = Callable[[Loaded], list[Issue]]
Stamp = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of each file of a program."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What became of one changed program: taken with that version, or refused for these issues (the old one stays)."""

    program: str
    taken: bool
    version: str | None
    issues: tuple[Issue, ...] = ()


class ScriptLibrary:
    """Bundles by program and version; one bundle object per version. Call ``reload`` once to fill it.

    ``check`` decides whether a loaded script may be taken; by default all of ``bot.scripts.check``.
    """

    def __init__(self, folder: Path, *, check: Check | None = None) -> None:
        self._folder = folder
        self._check = check or _full_check
        self._current: dict[str, ScriptBundle] = {}
        self._versions: dict[tuple[str, str], ScriptBundle] = {}
        self._stamps: dict[str, Stamp] = {}

    def programs(self) -> list[str]:
        """Names of the programs that can be enrolled into."""
        return sorted(self._current)

    def current(self, program: str) -> ScriptBundle:
        """The version that new conversations begin with; raises NotFound."""
        try:
            return self._current[program]
        except KeyError:
            raise NotFound(
                f"プログラム「{program}」はありません。", f"There is no program {program}.", field="program"
            ) from None

    def get(self, program: str, version: str) -> ScriptBundle:
        """The version that a conversation began with; raises NotFound until it was added with ``add_stored``."""
        try:
            return self._versions[program, version]
        except KeyError:
            raise NotFound(
                f"台本「{program}」の版 {version} はありません。",
                f"There is no version {version} of the script {program}.",
                field="version",
            ) from None

    def knows(self, program: str, version: str) -> bool:
        """Whether ``get`` has that version."""
        return (program, version) in self._versions

    def add_stored(self, program: str, version: str, sources: dict[str, str]) -> ScriptBundle:
        """Make an earlier version usable again from its stored sources, under the version that it was stored as.

        It is not checked again, it was when it was taken; raises ScriptUnusable only when nothing can be made of it.
        """
        known = self._versions.get((program, version))
        if known is None:
            loaded = parse(program, sources)
            if loaded.bundle is None:
                raise ScriptUnusable(program, loaded.issues)
            known = replace(loaded.bundle, script=replace(loaded.bundle.script, version=version))
            self._versions[program, version] = known
        return known

    def reload(self) -> list[Reloaded]:
        """Look at the folder again; one line for each program whose files changed since the last look.

        Cheap when nothing changed (file times only). A program that fails is reported once per change.
        """
        outcomes = []
        for program in self._programs_there():
            stamp = _stamp(self._folder, program)
            if stamp != self._stamps.get(program):
                self._stamps[program] = stamp
                outcome = self._take(program)
                if outcome:
                    outcomes.append(outcome)
        return outcomes

    def _programs_there(self) -> list[str]:
        """A folder that goes away later (a share that is down) changes nothing; at the start it is an error."""
        try:
            return programs(self._folder)
        except NotFound:
            if self._current:
                return []
            raise

    def _take(self, program: str) -> Reloaded | None:
        loaded = load(self._folder, program)
        old = self._current.get(program)
        if old and loaded.bundle and loaded.bundle.version == old.version and not errors(loaded.issues):
            return None
        issues = tuple(self._check(loaded))
        if errors(issues) or loaded.bundle is None:
            return Reloaded(program, taken=False, version=old.version if old else None, issues=issues)
        bundle = self._versions.setdefault((program, loaded.bundle.version), loaded.bundle)
        self._current[program] = bundle
        return Reloaded(program, taken=True, version=bundle.version, issues=issues)


def _stamp(folder: Path, program: str) -> Stamp:
    stamps = []
    for path in source_files(folder, program):
        try:
            state = path.stat()
        except OSError:  # it went away between the two looks: the next look tells
            continue
        stamps.append((path.as_posix(), state.st_mtime_ns, state.st_size))
    return tuple(stamps)


def _full_check(loaded: Loaded) -> list[Issue]:
    from bot.scripts.check import check_bundle  # noqa: PLC0415 - the checks render, and rendering must not wait for them

    return check_bundle(loaded)
