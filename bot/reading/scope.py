"""Whether a sign is true of the person now: the scope of negation, past, supposition and other people."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

from bot.reading.figure import of_colour, of_thing
from bot.reading.lexicon import Lexicon
from bot.reading.passed import REGION, SIGNS, Passed
from bot.reading.sign import SPEECH, Sign, Status

_UNDOING_FIRM = re.compile(r"わけ|ほど|こと|程|なんて|とか|たり|だり|思[いっわ]|考え|not that|not so")
_WISH = re.compile("たら(?:いい|ええ|楽|らく|よか|よい|まし|どんなに)")
_TWO_WORDS = ("chest_pain", "hemoptysis", "cyanosis", "pale")
_BY = re.compile("^.{0,5}[にか](?!し)|に$")
"""Behind who says it of the person: 近所の人に顔色が真っ青と言われた, 友達から..., 同僚と話したら全員に..."""
_ASKED_NOT = re.compile(r"[^。!?\n]{0,6}?(?:(?:ま?せん|ない(?:です)?)か|(?:へん|ない)\?)")
_DENIABLE = ("wrong_number", "opt_out", "opt_in")


class Scope(Passed):
    """Judges the signs of one text."""

    def __init__(self, text: str, lexicon: Lexicon, unmarked: Sequence[int] = ()) -> None:
        """``unmarked`` are the places that ``unmarked_ends`` finds."""
        super().__init__(text, lexicon.scope, unmarked)
        self.listed: set[tuple[int, int]] = set()  # negations that speak of a whole list ("... などはありません")
        self._behind: dict[int, re.Match[str] | None] = {}
        self.ahead: set[tuple[int, int]] = set()  # signs whose "no" stands before them, and so before none ahead

    @cached_property
    def _tells_of_me(self) -> bool:
        me = self.scope.get("me")
        return me is not None and me.search(self.text) is not None

    def status(self, sign: Sign, found: Sequence[Sign]) -> Status:
        """What ``sign`` is worth, by what stands before and after it."""
        tail = self.text[sign.end : self._before_end(sign.end, sign.end + REGION)]
        if sign.kind not in SPEECH and (self._of_others(sign) or self._of_none(sign)):
            return Status.OTHERS
        if sign.kind == "intents" and sign.code not in _DENIABLE:
            return Status.PRESENT
        if sign.kind != "denials" and self._negated(sign, tail):
            return Status.ABSENT
        if self._supposed(sign, tail):
            return Status.SUPPOSED
        if sign.kind in (*SPEECH, "denials"):
            return Status.PRESENT
        status = self._gone(sign, found)
        return Status.HOME if status is Status.PRESENT and self._of_home(sign) else status

    def _of_others(self, sign: Sign) -> bool:
        others = self.scope.get("others")
        if others is None:
            return False
        start = self._start(self.sentences, sign.start)
        before = self.text[start : sign.start]
        named = list(others.finditer(before))
        if not named:
            return False
        home, told_by = self.scope.get("home"), self.scope.get("told_by")
        if told_by and told_by.match(self.text, sign.end) and _BY.search(before[named[-1].end() :]):
            return False
        return home is None or not home.search(before, named[-1].end())

    def _of_none(self, sign: Sign) -> bool:
        """Words of danger that tell of a thing, an animal or a colour from outside."""
        start = self._start(self.sentences, sign.start)
        at = bisect_left(self.sentences, sign.end)
        end = self.sentences[at] if at < len(self.sentences) else len(self.text)
        place = (start, self._before_end(sign.end, len(self.text)))
        return of_thing(sign, self.text, place, self.scope) or of_colour(sign, self.text, start, end, self.scope)

    def _of_home(self, sign: Sign) -> bool:
        """Somebody else at home, in a reply that tells of the writer ("me") elsewhere."""
        family, me = self.scope.get("family"), self.scope.get("me")
        if family is None or me is None or not self._tells_of_me:
            return False
        start = self._start(self.sentences, sign.start)
        before = self.text[start : sign.end]
        own = max((match.end() for match in me.finditer(before)), default=-1)
        return any(match.end() > own and match.start() >= own for match in family.finditer(before))

    def _denied_inside(self, sign: Sign) -> bool:
        """A sign of two words with "no" between them: "phlegm is clear, no blood", "o peito nao doi"."""
        ending = self.scope.get("not_ending")
        if ending and sign.kind in SIGNS and not sign.rule.firm and ending.search(self.text, sign.start, sign.end):
            return True
        inside = self.scope.get("not_inside")
        named = sign.code in (*_TWO_WORDS, "rescue") and not sign.rule.firm
        if inside and named and inside.search(self.text, sign.start, sign.end):
            return True
        before = self.scope.get("not_before")
        if before is None or sign.code not in _TWO_WORDS or sign.rule.firm:
            return False
        words = self.text[sign.start : sign.end]
        last = words.rfind(" ") + 1 or len(words) - 1
        match = before.search(words[:last])
        return bool(match and match.start() > 0)

    def _negated(self, sign: Sign, tail: str) -> bool:
        if self._denied_inside(sign):
            return True
        if sign.code == "wrong_number" and _ASKED_NOT.match(tail):
            return False  # 番号まちがえてませんか
        after = self.scope.get("not_after")
        own = self.scope.get("no_word")
        if own and own.match(self.text, sign.start):
            after = None  # "no puedo respirar nada": the sign itself says no
        if after and (match := self._after(sign.end)) and not (self._doubted(sign) or self._unheard_of(sign)):
            if self._undone(self.text[match.end() : sign.end + REGION]) or (
                sign.rule.firm and not _UNDOING_FIRM.search(match.group())
            ):
                return False
            if (many := self.scope.get("list_not")) and many.match(match.group()):
                self.listed.add((sign.start, sign.end))
            return True
        before = self.scope.get("not_before")
        if before is None:
            return False
        start = self._start(self.clauses, sign.start)
        denied = not sign.rule.firm and bool(before.search(self.text[start : sign.start])) and not self._undone(tail)
        if denied:
            self.ahead.add((sign.start, sign.end))
        return denied

    def _after(self, end: int) -> re.Match[str] | None:
        """The "no" behind ``end``; kept, since several signs end there."""
        if end not in self._behind:
            last = self._before_end(end, end + REGION)
            self._behind[end] = self.scope["not_after"].match(self.text, end, last)
        return self._behind[end]

    def _doubted(self, sign: Sign) -> bool:
        """Words that hold a "not" and mean a fear ("...かもしれない", "...じゃないか"): the sign stands."""
        doubt = self.scope.get("doubt")
        return bool(doubt and doubt.match(self.text, max(sign.end - 3, sign.start)))

    def _undone(self, rest: str) -> bool:
        undone = self.scope.get("undone")
        return bool(undone and undone.match(rest))

    def _supposed(self, sign: Sign, tail: str) -> bool:
        after = self.scope.get("if_after")
        asked = self.scope.get("asked") if sign.kind == "denials" else None
        if asked and asked.match(tail):  # labios morados, es normal?
            return True
        if sign.code == "suicide" and _WISH.match(tail):
            return False
        if after and after.match(tail):
            return True
        before = self.scope.get("if_before")
        start = self._start(self.clauses, sign.start)
        return bool(before and before.search(self.text[start : sign.start]))
