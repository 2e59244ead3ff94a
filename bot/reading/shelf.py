"""The lexicon files and the weights: read at start; each language is compiled when its first reply comes."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from bot.domain.errors import ScriptError
from bot.reading.accents import Accents, sure_letters
from bot.reading.classifier import Classifier, Weights
from bot.reading.courtesy import Courtesy
from bot.reading.hanzi import CHINESE, simplified_data
from bot.reading.lexicon import Lexicon, build
from bot.reading.menu_words import MenuWords
from bot.reading.normalise import fold_pattern
from bot.reading.spelling import Spelling
from bot.reading.words import open_dictionary

_AT_ONCE = ("ja",)
"""Languages compiled at start; each other one takes up to half a second once, at its first reply or in ``warm``."""
WEIGHTS = "weights.bin"
_WORDS = "\nwords:"
_FILES = ("*.yaml", "weights.*")
"""What makes up a version of the reader; the same files give the same readings."""
_LATIN_WORD = re.compile(r"[a-z]+")


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
        self.name = name
        self._text = text
        self._lexicon: Lexicon | None = None
        head = self._parse(text.partition(_WORDS)[0])
        try:
            self.code = str(head["language"])
            self.letters = re.compile(head["letters"])
            self.accents = Accents(head)
            self.courtesy: list[str] = list(head.get("courtesy") or ())
            self.menu = head.get("menu") or {}, bool(head.get("spaced"))
            """Words around menu numbers, and whether the language spaces words."""
        except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
            raise _unusable(name, error) from error
        self.hints = frozenset(fold_pattern(hint) for hint in str(head.get("hints") or "").split())
        self._spelt = lru_cache(maxsize=5_000)(self._spell)
        self._spelling = Spelling(head["spellings"]) if head.get("spellings") else None

    def words_of(self, words: Collection[str]) -> frozenset[str]:
        """Those of ``words``, as typed and spelt as in this language, that give the language away."""
        if self._spelling is None:
            return self.hints.intersection(words)
        return self.hints.intersection(chain(words, *map(self._spelt, words)))

    def _spell(self, word: str) -> list[str]:
        return _LATIN_WORD.findall(self._spelling.plain(word)) if self._spelling else []

    def open(self) -> Lexicon:
        """The lexicon, compiled at the first call. Raises ScriptError where the file cannot be used."""
        if self._lexicon is None:
            try:
                data = self._parse(self._text)
                self._lexicon = build(simplified_data(data) if self.code == CHINESE else data)
            except (re.error, KeyError, TypeError, AttributeError, ValueError) as error:
                raise _unusable(self.name, error) from error
        return self._lexicon

    def _parse(self, text: str) -> dict[str, Any]:
        try:
            data = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, with fewer words that are not words
        except yaml.YAMLError as error:
            raise _unusable(self.name, error) from error
        if not isinstance(data, dict):
            raise _unusable(self.name, ValueError("not a mapping"))
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
    """All lexicon files and the weights, as bytes by name; ``version`` is a hash of all ``files``."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(sorted(files.items()))
        self.version = _version(self.files)
        with _nothing_collected():
            self.classifier = _classifier(self.files.get(WEIGHTS))
            self.books = [_book(name, raw) for name, raw in self.files.items() if name.endswith(".yaml")]
            self.sure = sure_letters(self.books)
            self.foreign = frozenset(hint for book in self.books for hint in book.hints)
            self.menu = _menu_words(self.books)
            self.courtesy = Courtesy(phrase for book in self.books for phrase in book.courtesy)
            if self.classifier is not None:
                open_dictionary()
            for book in self.books:
                if book.code in _AT_ONCE:
                    book.open()

    def with_weights(self, weights: bytes | None) -> Shelf:
        """The same lexicons, compiled but once, with other weights or with none."""
        other = copy(self)
        other.files = {name: raw for name, raw in self.files.items() if name != WEIGHTS}
        if weights is not None:
            other.files[WEIGHTS] = weights
        other.version, other.classifier = _version(other.files), _classifier(weights)
        return other

    def open_all(self) -> None:
        """Compile every language now."""
        for book in self.books:
            lexicon = book.open()
            for index in (lexicon.index, lexicon.idioms.index):
                index.deepen()
                for branch in index.items:
                    branch.prepare()


@contextlib.contextmanager
def _nothing_collected() -> Iterator[None]:
    """Without the search for garbage, of which loading makes none: it would go through all that is loaded each time."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def _version(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, raw in sorted(files.items()):
        digest.update(name.encode() + b"\0" + raw)
    return digest.hexdigest()[:16]


def _book(name: str, raw: bytes) -> Book:
    try:
        return Book(name, raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unusable(name, error) from error


def _menu_words(books: Sequence[Book]) -> MenuWords:
    """Those of all languages; what is wrong is looked for again in each alone, to name its file."""
    wrong = (re.error, KeyError, TypeError, AttributeError, ValueError)
    try:
        return MenuWords([book.menu for book in books])
    except wrong:
        for book in books:
            try:
                MenuWords([book.menu])
            except wrong as error:
                raise _unusable(book.name, error) from error
        raise


def _classifier(raw: bytes | None) -> Classifier | None:
    try:
        return None if raw is None else Classifier(Weights.from_bytes(raw))
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise ScriptError(
            f"読み取りの重み {WEIGHTS} が使えません({error})。mimamori triage train で作り直してください。",
            f"The weights {WEIGHTS} cannot be used ({error}); make them again with mimamori triage train.",
        ) from error


def _unusable(name: str, error: Exception) -> ScriptError:
    return ScriptError(
        f"読み取りの辞書 {name} が使えません: {error}", f"Reading lexicon {name} cannot be used: {error}"
    )
