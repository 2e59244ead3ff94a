"""One phone, several people: which part of a reply is about whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.domain.reading import Context, Intent, Part, Priority, Reading
from bot.reading.normalise import Normalised, normalise

if TYPE_CHECKING:
    from bot.reading.reader import Reader

_NUMBER_WORD = "(?:2|3|4|5|6|二|三|四|五|六|ふた|さん|よ)"
_ALL = re.compile(
    rf"{_NUMBER_WORD}人(?:とも|共|全員|みんな)|(?:ふたり|二人|2人)とも|両方|両名|みんな|みな(?=元|1|2|大|平|変|げ)"
    rf"|皆(?=元|1|2|大|平|変|、|が|は)|全員|ぜんいん|家族(?:全員|みんな|とも)"
    rf"|どちらも|どっちも|一同|both(?: of us| are)?(?![a-z])|all of us|everyone|everybody|we all|we are(?: all)?"
    rf"|all (?:fine|good|ok|well)|都(?=好|没|沒|很)|大家|我们都|我們都|둘 ?다|모두|다들|ca hai|ca nha|deu(?![a-z])"
    rf"|todos|ambos|os dois|los dos|lahat|pareho|dubai|sabai|सबै|दुबै"
)
_TITLE = r"(?:ちゃん|くん|君|さん|さま|様|氏|ちゃま|kun|chan|san)?"
_AND = re.compile(r"[ 、,・]*(?:と|も|や|&|and|e|y|및|和|va)?[ 、,・]*(?:も)?")
_PARTICLE = re.compile(r"^[\s、,:]*(?:は|が|も|の(?:方|ほう)は|のほうが|の|わ|:|=|is|has|→)?[\s、,:]*")


@dataclass(slots=True)
class _Group:
    """Members named together (``太郎と花子は``) and the stretch of normalised text that is theirs."""

    who: set[int]
    start: int
    end: int


def read_for(
    reader: Reader, text: str, context: Context, members: Sequence[Sequence[str]], asked: int | None
) -> list[Part]:
    """A Part for each member that is named, one for all where all are meant, else one with nobody named.

    What stands before the first name is the asked member's. A danger is never lost: where the whole reply is graver
    than its parts, it is kept as one more Part of nobody in particular.
    """
    whole = reader.read(text, context)
    if len(members) < 2:
        return [Part(whole, (0,) if members else ())]
    plain = normalise(text)
    named = list(_named(plain, members))
    if not named:
        return [Part(whole, tuple(range(len(members))) if _ALL.search(plain.text) else ())]
    parts = [_part(reader, text, context, plain, group) for group in _groups(plain, named)]
    parts[:0] = _before(reader, text[: plain.starts[named[0][0]]], context, asked)
    return _safe(_once_each(parts, whole), whole)


def _named(plain: Normalised, members: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, int]]:
    """(start, end, member) of each name in the text, longest spelling first, never overlapping."""
    owners: dict[str, int] = {}
    for i, names in enumerate(members):
        for name in names:
            owners.setdefault(normalise(name).text.strip(), i)
    owners.pop("", None)
    if not owners:
        return
    spellings = sorted(owners, key=len, reverse=True)
    pattern = re.compile("|".join(f"({_edge(name)}){_TITLE}" for name in spellings))
    for match in pattern.finditer(plain.text):
        yield match.start(), match.end(), owners[spellings[(match.lastindex or 1) - 1]]


def _edge(name: str) -> str:
    escaped = re.escape(name)
    if re.fullmatch(r"[a-z ]+", name):
        return rf"(?<![a-z]){escaped}(?![a-z])"
    if re.fullmatch(r"[ぁ-ゟー]{1,2}", name):  # あい, けん: only where the name is set off
        return rf"(?<![ぁ-ゟ一-鿿]){escaped}(?=ちゃん|くん|さん|は|が|も|の|、|:| |\d)"
    return escaped


def _groups(plain: Normalised, named: list[tuple[int, int, int]]) -> list[_Group]:
    groups: list[_Group] = []
    open_group: _Group | None = None
    for at, (_, end, member) in enumerate(named):
        until = named[at + 1][0] if at + 1 < len(named) else len(plain.text)
        if open_group is None:
            open_group = _Group(set(), end, until)
            groups.append(open_group)
        open_group.who.add(member)
        open_group.start, open_group.end = end, until
        if until == len(plain.text) or not _AND.fullmatch(plain.text[end:until]):
            open_group = None
    return groups


def _part(reader: Reader, text: str, context: Context, plain: Normalised, group: _Group) -> Part:
    first = plain.starts[group.start] if group.start < len(plain.starts) else len(text)
    last = plain.starts[group.end] if group.end < len(plain.starts) else len(text)
    match = _PARTICLE.match(text[first:last])
    first += match.end() if match else 0
    return Part(_moved(reader.read(text[first:last], context), first), tuple(sorted(group.who)))


def _moved(reading: Reading, by: int) -> Reading:
    evidence = tuple(replace(mark, start=mark.start + by, end=mark.end + by) for mark in reading.evidence)
    return replace(reading, evidence=evidence)


def _before(reader: Reader, text: str, context: Context, asked: int | None) -> list[Part]:
    reading = reader.read(text, context)
    if not reading.has_facts and reading.priority is Priority.NONE:
        return []
    return [Part(reading, () if asked is None else (asked,))]


def _once_each(parts: list[Part], whole: Reading) -> list[Part]:
    """Where one person is named several times, the whole is about that person."""
    people = {part.who for part in parts}
    if len(people) == 1 and len(parts) > 1:
        return [Part(whole, parts[0].who)]
    return parts


_KEYWORDS = frozenset({Intent.OPT_OUT, Intent.OPT_IN, Intent.HELP, Intent.WRONG_NUMBER})


def _safe(parts: list[Part], whole: Reading) -> list[Part]:
    """A danger, and a word that always counts (STOP …), must not be lost by the split."""
    if whole.intent in _KEYWORDS and all(part.reading.intent is not whole.intent for part in parts):
        parts = [*parts, Part(whole, ())]
    gravest = max((part.reading.priority.rank for part in parts), default=0)
    if whole.priority.rank > gravest and whole.priority.rank >= Priority.URGENT.rank:
        return [*parts, Part(whole, ())]
    return parts
