"""One phone, several people: which part of a reply is about whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bot.domain.reading import Context, Part, Priority, Reading
from bot.reading.normalise import Normalised, normalise

if TYPE_CHECKING:
    from bot.reading.reader import Reader

_NUMBER_WORD = "(?:2|3|4|5|6|二|三|四|五|六|ふた|さん|よ)"
_ALL = re.compile(
    rf"{_NUMBER_WORD}人(?:とも|共|全員|みんな)|(?:ふたり|二人|2人)とも|両方|両名|みんな|みな(?=元|1|2|大|平|変|げ)|皆(?=元|1|2|大|平|変|、|が|は)|全員|ぜんいん|家族(?:全員|みんな|とも)"
    rf"|どちらも|どっちも|一同|both(?: of us| are)?(?![a-z])|all of us|everyone|everybody|we all|we are(?: all)?|all (?:fine|good|ok|well)|都(?=好|没|沒|很)|大家|我们都|我們都|둘 ?다|모두|다들|ca hai|ca nha|deu(?![a-z])"
    rf"|todos|ambos|os dois|los dos|lahat|pareho|dubai|sabai|सबै|दुबै"
)
_TITLE = r"(?:ちゃん|くん|君|さん|さま|様|氏|ちゃま|kun|chan|san)?"
_LEAD = r"(?:[ 、,。.!:/]|そして|それと|あと|それから|and |y |e |va )*"


def read_for(
    reader: Reader, text: str, context: Context, members: Sequence[Sequence[str]], asked: int | None
) -> list[Part]:
    """A Part for each member that is named, one for all where all are meant, else one with nobody named."""
    whole = reader.read(text, context)
    if len(members) < 2:
        return [Part(whole, (0,) if members else ())]
    plain = normalise(text)
    named = list(_named(plain, members))
    if not named:
        return [Part(whole, tuple(range(len(members))) if _ALL.search(plain.text) else ())]
    parts = _split(reader, text, context, plain, named)
    if _ALL.search(plain.text) and len(parts) < 2:
        return [Part(whole, tuple(range(len(members))))]
    return _safe(parts, whole)


def _named(plain: Normalised, members: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, int]]:
    """(start, end, member) of each name in the text, longest spelling first, never overlapping."""
    spellings = sorted(
        ((normalise(name).text.strip(), i) for i, names in enumerate(members) for name in names),
        key=lambda pair: -len(pair[0]),
    )
    spellings = [(name, i) for name, i in spellings if name]
    if not spellings:
        return
    owners: dict[str, int] = {}
    for name, i in spellings:
        owners.setdefault(name, i)
    pattern = re.compile("|".join(rf"(?:{_edge(name)}){_TITLE}" for name in owners))
    for match in pattern.finditer(plain.text):
        name = next((name for name in owners if match.group().startswith(name)), None)
        if name is not None:
            yield match.start(), match.end(), owners[name]


def _edge(name: str) -> str:
    escaped = re.escape(name)
    if re.fullmatch(r"[a-z ]+", name):
        return rf"(?<![a-z]){escaped}(?![a-z])"
    if re.fullmatch(r"[ぁ-ゟー]{1,2}", name):  # あい, けん: only where the name is set off
        return rf"(?<![ぁ-ゟ一-鿿]){escaped}(?=ちゃん|くん|さん|は|が|も|の|、|:| |\d)"
    return escaped


def _split(
    reader: Reader, text: str, context: Context, plain: Normalised, named: list[tuple[int, int, int]]
) -> list[Part]:
    groups: list[tuple[set[int], int, int]] = []
    for at, (start, end, member) in enumerate(named):
        until = named[at + 1][0] if at + 1 < len(named) else len(plain.text)
        joined = groups and not re.search(r"\w", re.sub(r"^(?:と|も|や|&|and|、)|(?:と|も|や)$", "", plain.text[groups[-1][2] : start]))
        if joined and groups[-1][1] == groups[-1][2]:
            groups[-1] = (groups[-1][0] | {member}, end, until)
        else:
            groups.append(({member}, end, until))
        if re.fullmatch(r"[ 、,]*(?:と|も|や|&|and|、|y|e)?[ 、,]*", plain.text[end:until]):
            groups[-1] = (groups[-1][0], end, end)
    head = plain.text[: named[0][0]]
    before = text[: plain.span(named[0][0], named[0][0] + 1)[0]] if head.strip() else ""
    parts = []
    for who, start, until in groups:
        first, last = _original(plain, text, start, until)
        said = _trim(text[first:last])
        parts.append((who, reader.read(said, context), first, said))
    result = [Part(_moved(reading, text, said, first), tuple(sorted(who))) for who, reading, first, said in parts]
    if before and (lead := reader.read(before, context)) and (lead.has_facts or lead.priority is not Priority.NONE):
        result.insert(0, Part(lead, ()))
    return result


def _original(plain: Normalised, text: str, start: int, until: int) -> tuple[int, int]:
    first = plain.starts[start] if start < len(plain.starts) else len(text)
    last = plain.starts[until] if until < len(plain.starts) else len(text)
    return first, last


def _trim(said: str) -> str:
    return re.sub(r"^(?:[\s、,:]*(?:は|が|も|の(?:方|ほう)は|の|わ|,|:|=|is|has|→)?[\s、,:]*)", "", said)


def _moved(reading: Reading, text: str, said: str, first: int) -> Reading:
    from dataclasses import replace

    shift = text.find(said, first) if said else first
    evidence = tuple(replace(mark, start=mark.start + shift, end=mark.end + shift) for mark in reading.evidence)
    return replace(reading, evidence=evidence)


def _safe(parts: list[Part], whole: Reading) -> list[Part]:
    """What the whole reply holds gravely must not be lost by the split: else it is said of nobody in particular."""
    gravest = max((part.reading.priority.rank for part in parts), default=0)
    if whole.priority.rank > gravest and whole.priority.rank >= Priority.URGENT.rank:
        return [*parts, Part(whole, ())]
    return parts
