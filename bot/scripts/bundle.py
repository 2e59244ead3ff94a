"""One version of one program's script with everything that is needed to run and to say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.states import Language
from bot.engine.script import Script
from bot.scripts.issue import Place
from bot.scripts.source import Sources
from bot.scripts.steps import Key
from bot.scripts.templates import Template, compile_template
from bot.scripts.words import Words


@dataclass(frozen=True, eq=False)
class ScriptBundle:
    """A loaded script: shared by all its conversations, never changed.

    ``texts`` and ``words`` are by language code; ``sources`` are all its files, from which the same bundle can be made
    again (``bundle_from_sources``); ``places`` tells the file and line of each part.
    """

    script: Script
    texts: Mapping[str, Mapping[str, str]]
    words: Mapping[str, Words]
    sources: Sources
    places: Mapping[Key, Place] = field(default_factory=dict, repr=False)

    @property
    def program(self) -> str:
        return self.script.program.name

    @property
    def version(self) -> str:
        return self.script.version

    def template(self, language: Language | str, key: str) -> Template:
        """The compiled text; KeyError where the language has none of that key."""
        return compile_template(self.texts[language][key])

    def place(self, *key: str | int) -> Place:
        """Where that part of the script is written, or the nearest part around it."""
        for end in range(len(key), 0, -1):
            if key[:end] in self.places:
                return self.places[key[:end]]
        return Place(f"{self.program}/program.yaml")
