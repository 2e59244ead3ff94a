"""How residents are called, and how a reply may call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDE_SPACE = "\u3000"


def given_names(names: Sequence[str]) -> list[str]:
    """The given name of each of a household: what follows the space, else what follows the shared family name.

    Where two have the same given name, each is called by the full one.
    """
    plain = [name.replace(_WIDE_SPACE, " ").strip() for name in names]
    shared = _shared_start(plain)
    given = [name.rsplit(" ", 1)[1] if " " in name else name[shared:] or name for name in plain]
    return [called if given.count(called) == 1 else full for full, called in zip(plain, given, strict=True)]


def spellings(given: str, name: str, kana: str) -> tuple[str, ...]:
    """Given name, full name and the reading of the given name in both kana scripts; each once."""
    full = name.replace(_WIDE_SPACE, " ").replace(" ", "")
    read = kana.replace(_WIDE_SPACE, " ").rsplit(" ", 1)[-1]
    return tuple(dict.fromkeys(filter(None, (given, full, read, _hiragana(read)))))


def without_shared(found: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The spellings that mean one member only."""
    every = [spelling for spellings_of_one in found for spelling in spellings_of_one]
    return [tuple(spelling for spelling in one if every.count(spelling) == 1) for one in found]


def _shared_start(names: Sequence[str]) -> int:
    if len(set(names)) < 2:
        return 0
    shortest = min(len(name) for name in names)
    return next((at for at in range(shortest) if len({name[at] for name in names}) > 1), shortest)


def _hiragana(katakana: str) -> str:
    return "".join(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char for char in katakana)
