"""A conversations folder -> script bundles. What cannot be read becomes issues with file and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.program import Program
from bot.domain.states import Language
from bot.engine.script import Script, Step
from bot.scripts.bundle import ScriptBundle
from bot.scripts.fields import Field, open_file
from bot.scripts.issue import Issue, Place, ScriptUnusable, errors
from bot.scripts.programfile import read_program
from bot.scripts.source import COMMON, Sources, is_program_name, programs, read_sources, version_of
from bot.scripts.steps import Key, read_steps
from bot.scripts.words import Words, read_words

__all__ = ["Loaded", "bundle_from_sources", "load", "load_bundle", "programs"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading: a bundle (None where there is no usable program or script at all) and the issues."""

    bundle: ScriptBundle | None
    issues: list[Issue]


def load_bundle(folder: Path, program: str) -> ScriptBundle:
    """A program's script as it stands in the folder; raises ScriptUnusable when it holds an error of writing.

    Whether it makes sense is asked of ``bot.scripts.check``.
    """
    return _usable(program, load(folder, program))


def bundle_from_sources(program: str, sources: Sources) -> ScriptBundle:
    """The same bundle again from the ``sources`` that were stored of it; raises ScriptUnusable."""
    return _usable(program, parse(program, sources))


def load(folder: Path, program: str) -> Loaded:
    """As ``load_bundle``, but tells all issues instead of raising."""
    sources, unread = read_sources(folder, program)
    loaded = parse(program, sources, given_up={issue.file for issue in unread})
    return Loaded(loaded.bundle, unread + loaded.issues)


def _usable(program: str, loaded: Loaded) -> ScriptBundle:
    if loaded.bundle is None or errors(loaded.issues):
        raise ScriptUnusable(program, loaded.issues)
    return loaded.bundle


@dataclass(slots=True)
class _Shelf:
    """The files on the way into a bundle; ``given_up`` are there but could not be read."""

    sources: Sources
    given_up: set[str]
    issues: list[Issue] = field(default_factory=list)
    places: dict[Key, Place] = field(default_factory=dict)

    def open(self, file: str) -> Field | None:
        text = self.sources.get(file)
        return None if text is None else open_file(file, text, self.issues)

    def lacks(self, file: str) -> bool:
        return file not in self.sources and file not in self.given_up


def parse(program: str, sources: Sources, *, given_up: set[str] | None = None) -> Loaded:
    """Sources -> bundle and issues."""
    shelf = _Shelf(sources, given_up or set())
    if not is_program_name(program):
        _misnamed(program, shelf)
    care = _program(program, shelf)
    start, steps = _steps(program, shelf)
    texts = {language.value: _texts(program, language, shelf) for language in Language}
    words = {language.value: _words(language, shelf) for language in Language}
    if care is None or not steps:
        return Loaded(None, shelf.issues)
    script = Script(care, version_of(program, sources), steps, start)
    return Loaded(ScriptBundle(script, texts, words, dict(sources), shelf.places), shelf.issues)


def _misnamed(program: str, shelf: _Shelf) -> None:
    shelf.issues.append(
        Issue.error(
            "program-name",
            Place(f"{program}/program.yaml"),
            "フォルダの名前は英小文字・数字・- で書いてください。",
            "Name the folder with small letters, digits and hyphens.",
        )
    )


def _program(program: str, shelf: _Shelf) -> Program | None:
    file = f"{program}/program.yaml"
    if shelf.lacks(file):
        shelf.issues.append(_missing(file))
    top = shelf.open(file)
    return read_program(program, top, shelf.places) if top else None


def _steps(program: str, shelf: _Shelf) -> tuple[str, dict[str, Step]]:
    """The common steps, single ones replaced by the program's own."""
    start = "consent"
    steps: dict[str, Step] = {}
    if shelf.lacks(f"{COMMON}/script.yaml"):
        shelf.issues.append(_missing(f"{COMMON}/script.yaml"))
    for part in (COMMON, program):
        top = shelf.open(f"{part}/script.yaml")
        if top:
            file = read_steps(top)
            start = file.start or start
            steps |= file.steps
            _replace_places(shelf.places, file.places, set(file.steps))
    return start, steps


def _replace_places(places: dict[Key, Place], new: dict[Key, Place], steps: set[str]) -> None:
    for key in [key for key in places if key[0] == "step" and key[1] in steps]:
        del places[key]
    places |= new


def _texts(program: str, language: Language, shelf: _Shelf) -> dict[str, str]:
    """The common texts of a language, single ones replaced or added by the program."""
    texts: dict[str, str] = {}
    if shelf.lacks(f"{COMMON}/texts/{language}.yaml"):
        shelf.issues.append(_missing(f"{COMMON}/texts/{language}.yaml"))
    for part in (COMMON, program):
        top = shelf.open(f"{part}/texts/{language}.yaml")
        for key, value in top.entries().items() if top else ():
            texts[key] = value.text()
            shelf.places["text", language.value, key] = value.place
            shelf.places["text", language.value, key, "body"] = value.body
    return texts


def _words(language: Language, shelf: _Shelf) -> Words:
    file = f"{COMMON}/words/{language}.yaml"
    if shelf.lacks(file):
        shelf.issues.append(_missing(file))
    top = shelf.open(file)
    return read_words(top) if top else Words(weekdays=("",) * 7)


def _missing(file: str) -> Issue:
    return Issue.error("missing-file", Place(file), "このファイルがありません。", "This file is missing.")
