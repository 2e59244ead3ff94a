"""Negation that is shared along a list: "no fever, cough or chest pain", 息苦しさや胸の痛みはない."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from operator import attrgetter

from bot.reading.scope import Scope
from bot.reading.sign import SPEECH, Sign, Status

_LIST_BACK = 400
"""Characters before a sign in which the sign can begin whose "no" is carried on to it."""
_start_of = attrgetter("start")
_MARKED_NOT = re.compile(r"[^。、\n ]{0,3} ?[:→=]?[(]?[-−×][)]?")
"""A "no" that is a mark behind one item of a list: 咳 息切れ(-) 胸痛(-)."""
_PREDICATE = re.compile(r" (?:still|is|are|a|bit|slightly|now|feels?|getting|gets|just|very|really|so) ")
"""English: the words of a sign that tell of it by themselves ("no fever, throat still scratchy")."""
_TELLS = re.compile(r"(?<![a-z])(?:hurts?|aches|burns|feels|is|are|cant|cannot|wont|keeps?|duele|dói|doi)(?![a-z])")
"""Verbs of a grave sign that is no item of a list of denials: "no fever no cough, my chest hurts"."""

_OWN_NO = re.compile("(?:ない|ません|へん|せ|[きえけせてべめらまば]ん|(?<!い)れん|(?<!お)かん)$")
"""Japanese: a sign that ends in a "no" of its own is no item of a list (苦しくて眠れない、熱はない)."""
_PLEAS = ("rescue", "suicide")
"""A plea is no item of a list of denials (助けて、熱はない), unless that is a plea as well (救急車も助けもいらない)."""
_SUBJECT = "が"
"""Japanese: nor is one that names what it tells of (唇が紫、熱はない), unless all are denied (…、どちらもない)."""


class ListScope(Scope):
    """A scope that carries a "no" from one sign to those that are listed with it."""

    def chained(self, signs: list[Sign]) -> Iterator[Sign]:
        """``signs`` in order, absent where the "no" of a neighbour in their list is theirs too."""
        backward = "not_after" in self.scope
        forward = "not_before" in self.scope
        judged = list(signs)
        order = range(len(judged) - 2, -1, -1)
        for i in order if backward else ():
            judged[i] = self._like_next(judged, i)
        for i in range(1, len(judged)) if forward else ():
            judged[i] = self._like_previous(judged, i)
        yield from judged

    def _like_next(self, signs: list[Sign], i: int) -> Sign:
        sign = signs[i]
        if sign.kind in (*SPEECH, "denials") or sign.status is not Status.PRESENT:
            return sign
        own = self.scope.get("no_word")
        if own and (sign.rule.firm or own.match(self.text, sign.start)):  # निद्रा परेन, सास ... छैन: its "no" is its own
            return sign
        for other in signs[i + 1 :]:
            if other.start < sign.end:
                same = other.status is Status.ABSENT and other.code == sign.code and other.end >= sign.end
                if same and not self._says_no(sign, other):
                    return self._same(sign, other)
                continue
            if other.kind in SPEECH:
                continue
            if other.status is Status.ABSENT and (other.start, other.end) in self.ahead:
                break  # "chest pain, no fever"
            if other.status is Status.ABSENT and self._lists(sign, other):
                return sign if self._alone_gone(sign, other) else self._same(sign, other)
            if other.start > sign.end + 12:
                break
        return sign

    def _alone_gone(self, sign: Sign, other: Sign) -> bool:
        """Whether only ``other`` is told to have gone: "chest pain, cough is gone"."""
        told, gone = self._behind.get(other.end), self.scope.get("gone")
        if not (sign.grave and "joins" in self.scope and gone and told and gone.search(told.group())):
            return False
        last, _ = self._joined(sign, [other])
        return last == sign.end

    def _says_no(self, sign: Sign, inner: Sign) -> bool:
        """Whether the "no" before ``inner`` is a word of ``sign`` itself: "no me entra el aire"."""
        before = self.scope.get("not_before")
        return bool(before and inner.start > sign.start and before.search(self.text[sign.start : inner.start]))

    def _lists(self, sign: Sign, other: Sign) -> bool:
        if sign.code in _PLEAS and other.code != sign.code:
            return False
        gap = self.text[sign.end : other.start]
        plain, said = self.scope.get("list_gap"), self.scope.get("predicate_gap")
        if gap == "い" or plain is None or not plain.fullmatch(gap):  # 胸が痛い咳はない
            return False
        if self.parted(sign.end, other.start):
            return False
        words, many = self.text[sign.start : sign.end], (other.start, other.end) in self.listed
        link = self.scope.get("list_or")
        if sign.grave and not (other.grave or many) and link and not link.search(gap):  # "me duele el pecho, fiebre no"
            return False
        told = not other.grave and gap.strip() in ("、", ",") and bool(_PREDICATE.search(words))
        named = _SUBJECT in words and gap.strip() in ("", "、") and not many
        own = sign.rule.firm or _OWN_NO.search(words)
        if own or (sign.grave and (told or named)) or _MARKED_NOT.match(self.text, other.end):
            return False
        return not (said and said.match(gap)) or many

    def _same(self, sign: Sign, other: Sign) -> Sign:
        if (other.start, other.end) in self.listed:
            self.listed.add((sign.start, sign.end))
        return sign.now(Status.ABSENT)

    def _like_previous(self, signs: list[Sign], i: int) -> Sign:
        sign = signs[i]
        if sign.kind in (*SPEECH, "denials") or sign.status is not Status.PRESENT:
            return sign
        gap_like, only = self.scope.get("list_gap"), self.scope.get("only")
        if only and only.match(self.text, sign.end):  # "hindi nahimatay, nahilo lang"
            return sign
        own = self.scope.get("no_word")
        if sign.grave and ((own and own.match(self.text, sign.start)) or self._predicates(sign)):
            return sign
        for other in reversed(signs[bisect_left(signs, sign.start - _LIST_BACK, key=_start_of) : i]):
            if other.status is not Status.ABSENT or other.kind in SPEECH or other.end > sign.start:
                continue
            if self.parted(other.end, sign.start):
                break
            gap = self.text[other.end : sign.start]
            if len(gap) < 24 and gap_like and gap_like.fullmatch(gap) and self._carries(signs, i, gap):
                return sign.now(Status.ABSENT)
        return sign

    def _predicates(self, sign: Sign) -> bool:
        """Whether the words of ``sign`` tell of it by themselves ("no cough, my chest hurts")."""
        return bool(_TELLS.search(self.text, sign.start, sign.end))

    def _carries(self, signs: list[Sign], i: int, gap: str) -> bool:
        """Whether "no" reaches a grave sign behind ``gap``: only over "or", at once or later in the same list.

        "no fever, cough or chest pain" denies the pain; "no fever, chest pain" tells of it.
        """
        link, gap_like, sign = self.scope.get("list_or"), self.scope.get("list_gap"), signs[i]
        named = not sign.grave and not _PREDICATE.search(self.text, sign.start, sign.end)
        if named or link is None or gap_like is None or link.search(gap):
            return True
        end = sign.end
        for later in signs[i + 1 :]:
            if later.start < end or later.kind in (*SPEECH, "denials"):
                continue
            gap = self.text[end : later.start]
            if not gap_like.fullmatch(gap):
                return False
            if link.search(gap):
                return True
            end = later.end
        return False
