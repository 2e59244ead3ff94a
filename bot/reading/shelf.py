"""The lexicon files: read at start, the language of each told from its first lines, compiled when first needed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.domain.errors import ScriptError
from bot.reading.lexicon import Lexicon, build
from bot.reading.normalise import fold_pattern

_AT_ONCE = ("ja", "en")
"""Languages compiled at start; each other one costs about a tenth of a second once, when its first reply comes."""
_WORDS = "\nwords:"
_FILES = ("*.yaml", "weights.*")
"""What makes up a version of the reader; the same files give the same readings."""


class _Loader(yaml.CSafeLoader):
    """YAML as its version 1.2 means it: no, yes, on and 12:30 are words, only true, false and whole numbers are not."""


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])


class Book:
    """One lexicon file. ``letters`` and ``hints`` tell whether a reply may be in its language."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text
        self._lexicon: Lexicon | None = None
        head = self._parse(text.partition(_WORDS)[0])
        try:
            self.code = str(head["language"])
            self.letters = re.compile(head["letters"])
        except (KeyError, TypeError, re.error) as error:
            raise _unusable(name, error) from error
        self.hints = frozenset(fold_pattern(hint) for hint in str(head.get("hints") or "").split())

    def open(self) -> Lexicon:
        """The lexicon, compiled at the first call. Raises ScriptError where the file cannot be used."""
        if self._lexicon is None:
            try:
                self._lexicon = build(self._parse(self._text))
            except (re.error, KeyError, TypeError, AttributeError, ValueError) as error:
                raise _unusable(self._name, error) from error
        return self._lexicon

    def _parse(self, text: str) -> dict[str, Any]:
        try:
            data = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, with fewer words that are not words
        except yaml.YAMLError as error:
            raise _unusable(self._name, error) from error
        if not isinstance(data, dict):
            raise _unusable(self._name, ValueError("not a mapping"))
        return data


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file of ``folder`` that a version of the reader is made of, by name; raises ScriptError."""
    paths = [path for pattern in _FILES for path in folder.glob(pattern)]
    if not any(path.suffix == ".yaml" for path in paths):
        raise ScriptError(f"読み取りの辞書がありません: {folder}", f"There is no reading lexicon in {folder}.")
    files = {}
    for path in paths:
        try:
            files[path.name] = path.read_bytes()
        except OSError as error:
            raise _unusable(path.name, error) from error
    return files


class Shelf:
    """All lexicon files, as bytes by name; ``version`` is a hash of all ``files``."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        digest = hashlib.sha256()
        self.files = dict(sorted(files.items()))
        self.books: list[Book] = []
        for name, raw in self.files.items():
            digest.update(name.encode() + b"\0" + raw)
            if not name.endswith(".yaml"):
                continue
            try:
                self.books.append(Book(name, raw.decode("utf-8")))
            except UnicodeDecodeError as error:
                raise _unusable(name, error) from error
        self.version = digest.hexdigest()[:16]
        for book in self.books:
            if book.code in _AT_ONCE:
                book.open()

    def open_all(self) -> None:
        """Compile every language now."""
        for book in self.books:
            book.open()


def _unusable(name: str, error: Exception) -> ScriptError:
    return ScriptError(
        f"読み取りの辞書 {name} が使えません: {error}", f"Reading lexicon {name} cannot be used: {error}"
    )
