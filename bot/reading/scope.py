"""Whether a sign is true of the person now: the scope of negation, past, supposition and other people."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from operator import attrgetter

from bot.reading.figure import of_colour, of_thing
from bot.reading.lexicon import Lexicon
from bot.reading.sign import SPEECH, Sign, Status

_LASTING = frozenset({"seizure", "unconscious", "labour", "stroke", "suicide"})
"""Signs that stay an emergency within the day although they have passed (GUIDE: What decides)."""
_ENDURING = frozenset({"medicine", "no_food", "worse"})
"""What ran out or came back days ago is so still, unless it is said to be over."""
_SUPPLIES = frozenset({"medicine", "no_food"})
"""What ran out is over only when it has come (``supplied`` in the scope)."""
_REGION = 48
_SINCE = 24
"""Characters behind a sign in which "since" or "started" may stand."""
_LOOK_BACK = 90
_start_of = attrgetter("start")
_UNDOING_FIRM = re.compile(r"わけ|ほど|こと|程|なんて|とか|たり|だり|思[いっわ]|考え|not that|not so")
_WISH = re.compile("たら(?:いい|ええ|楽|らく|よか|よい|まし|どんなに)")
_AGAIN = re.compile(r"(?:^|[^まし])また[^。、,\n]{0,6}$")
"""It came back (また胸が...): what was over before is told of now."""
_STILL = re.compile(r"(?<![a-z])still(?![a-z])")
_SIGNS = ("red_flags", "dangers", "symptoms")
_TWO_WORDS = ("chest_pain", "hemoptysis", "cyanosis", "pale")
_BY = re.compile("^.{0,5}[にか](?!し)|に$")
"""Behind who says it of the person: 近所の人に顔色が真っ青と言われた, 友達から..., 同僚と話したら全員に..."""
_ASKED_NOT = re.compile(r"[^。!?\n]{0,6}?(?:ま?せん|ない(?:です)?)か")
_DENIABLE = ("wrong_number", "opt_out", "opt_in")
_SENTENCE_END = re.compile(r"[。!?\n]|\.(?!\d)")


def _ends(pattern: re.Pattern[str] | None, text: str) -> Iterator[int]:
    return (match.end() for match in pattern.finditer(text)) if pattern else iter(())


def unmarked_ends(text: str, scope: Mapping[str, re.Pattern[str]], breaks: Collection[int]) -> list[int]:
    """The places in ``text`` where a sentence ends without a full stop (友達も陽性でした 胸が痛い).

    ``breaks`` are the places of white space that was left out between two characters.
    """
    ended = scope.get("ended")
    apart = (place for place in breaks if ended and ended.match(text, place))
    return sorted({*apart, *_ends(scope.get("sentence_ends"), text)})


class Scope:
    """Judges the signs of one text."""

    def __init__(self, text: str, lexicon: Lexicon, unmarked: Sequence[int] = ()) -> None:
        """``unmarked`` are the places that ``unmarked_ends`` finds."""
        self.text = text
        self.scope = lexicon.scope
        self.unmarked = unmarked
        self.listed: set[tuple[int, int]] = set()  # negations that speak of a whole list ("... などはありません")
        self._behind: dict[int, re.Match[str] | None] = {}
        self.ahead: set[tuple[int, int]] = set()  # signs whose "no" stands before them, and so before none ahead
        self.sentences = sorted({*unmarked, *_ends(_SENTENCE_END, text)})
        self.clauses = sorted({*self.sentences, *_ends(self.scope.get("breaks"), text)})

    @cached_property
    def _tells_of_me(self) -> bool:
        me = self.scope.get("me")
        return me is not None and me.search(self.text) is not None

    def status(self, sign: Sign, found: Sequence[Sign]) -> Status:
        """What ``sign`` is worth, by what stands before and after it."""
        tail = self.text[sign.end : self._before_end(sign.end, sign.end + _REGION)]
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

    def was_until(self, sign: Sign, denial: Sign) -> bool:
        """Whether ``sign`` is told of the past, and ``denial`` of now (昨夜は苦しかったけど、今は息できてます)."""
        now, was = self.scope.get("now"), self.scope.get("past_after")
        between = self.text[sign.end : denial.end]
        return bool(now and was and was.match(between) and now.search(between) and sign.code not in _LASTING)

    def clause(self, place: int) -> int:
        """The number of the clause that holds ``place``."""
        return bisect_right(self.clauses, place)

    def parted(self, start: int, end: int) -> bool:
        """Whether a sentence ends after ``start`` and not behind ``end``."""
        return bisect_right(self.sentences, end) > bisect_left(self.sentences, start)

    def _start(self, ends: list[int], place: int) -> int:
        at = bisect_right(ends, place)
        end = ends[at - 1] if at else 0
        return end if place - end < _LOOK_BACK else place - _LOOK_BACK

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
        if ending and sign.kind in _SIGNS and not sign.rule.firm and ending.search(self.text, sign.start, sign.end):
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
            if self._undone(self.text[match.end() : sign.end + _REGION]) or (
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
        denied = bool(before.search(self.text[start : sign.start])) and not sign.rule.firm and not self._undone(tail)
        if denied:
            self.ahead.add((sign.start, sign.end))
        return denied

    def _after(self, end: int) -> re.Match[str] | None:
        """The "no" behind ``end``; kept, since several signs end there."""
        if end not in self._behind:
            last = self._before_end(end, end + _REGION)
            self._behind[end] = self.scope["not_after"].match(self.text, end, last)
        return self._behind[end]

    def _doubted(self, sign: Sign) -> bool:
        """Words that hold a "not" and mean a fear ("...かもしれない", "...じゃないか"): the sign stands."""
        doubt = self.scope.get("doubt")
        return bool(doubt and doubt.match(self.text, max(sign.end - 3, sign.start)))

    def _unheard_of(self, sign: Sign) -> bool:
        """Words that hold a "not" and say that it was never so before (昨日はなかった): so it is now."""
        behind, before = self.scope.get("unlike_before"), self.scope.get("unlike_any")
        if behind and behind.match(self.text, sign.end):
            return True
        start = self._start(self.clauses, sign.start)
        return bool(before and before.search(self.text[start : sign.start]))

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

    def _gone(self, sign: Sign, found: Sequence[Sign]) -> Status:
        if _AGAIN.search(self.text, max(sign.start - 8, 0), sign.start + 2) or self._unheard_of(sign):
            return Status.PRESENT
        region = self._region(sign, found)
        sentence = self.text[self._start(self.sentences, sign.start) : sign.end]
        long_ago, was = self.scope.get("long_ago"), self.scope.get("past_after")
        last, apart = self._joined(sign, found)
        told = region[: self._before_end(sign.end, apart) - sign.end]
        inside = self.scope.get("past_inside")  # the past inside the words of the sign (숨이 찼, 喘了)
        past = self._told_as_past(sentence) or bool(inside and inside.search(self.text, sign.start, sign.end))
        despite = self.scope.get("despite")
        if despite and not past and despite.match(region):  # "my chest hurts but I'm ok"
            return Status.PRESENT
        past = past or bool(was and was.match(told) and not self._on_exertion(sign))
        past = past and not self._told_now(region) and not self._lasts(sentence + region[:_SINCE])
        end = min(last + _REGION, len(self.text)) if last > sign.end else sign.end + len(region)
        over = self._gone_behind(sign) or self._over(
            sign, found, (last, end if past else min(end, apart)), past=past
        )
        if (
            long_ago
            and (over or (past and sign.code not in _ENDURING))
            and (long_ago.search(sentence) or long_ago.search(self._rest(sign.end)[:20]))
        ):
            return Status.LONG_GONE
        if over and sign.code not in _LASTING:
            return Status.GONE
        return Status.PRESENT

    def _on_exertion(self, sign: Sign) -> bool:
        """Whether it is told of a little effort (着替えただけで息が切れた): so it is until it is said to be over."""
        effort = self.scope.get("effort")
        start = self._start(self.clauses, sign.start)
        return bool(effort and sign.code == "dyspnea" and effort.search(self.text, start, sign.end))

    def _told_now(self, region: str) -> bool:
        """Whether the sign is said in the present (先月入院してて、胸が痛いです), and nothing says that it is over."""
        now, gone = self.scope.get("told_now"), self.scope.get("gone")
        return bool(now and now.match(region) and not (gone and gone.search(region)))

    def _lasts(self, text: str) -> bool:
        """Whether it is told since when, or that it is so still (chest pain started 3 days ago)."""
        since = self.scope.get("since")
        return bool(since and since.search(text))

    def _told_as_past(self, sentence: str) -> bool:
        """Whether the last word of time in ``sentence`` is of the past and not of now ("was easy, tonight …")."""
        early, now = self.scope.get("past_before"), self.scope.get("now")
        if early is None or not (past := [match.end() for match in early.finditer(sentence)]):
            return False
        return now is None or not any(match.end() >= past[-1] for match in now.finditer(sentence))

    def _region(self, sign: Sign, found: Sequence[Sign]) -> str:
        end = min(sign.end + _REGION, len(self.text))
        for other in islice(found, bisect_left(found, sign.end, key=_start_of), None):
            if other.start >= end:
                break
            if other.grave and other.code != sign.code:
                end = min(end, other.start)
        return self.text[sign.end : end]

    def _gone_behind(self, sign: Sign) -> bool:
        """Whether it is said right behind ``sign``, with small words only between, that it has gone."""
        behind = self.scope.get("gone_behind")
        if behind is None or sign.rule.bare:
            return False
        match = behind.match(self.text, sign.end, self._before_end(sign.end, sign.end + _REGION))
        return match is not None and not self._came_back(match.end())

    def _came_back(self, place: int) -> bool:
        """Whether what has gone at ``place`` is told to be there again (消えたけどまた出てきました)."""
        back = self.scope.get("back")
        return bool(back and back.match(self.text, place))

    def _over(self, sign: Sign, found: Sequence[Sign], span: tuple[int, int], *, past: bool) -> bool:
        """Whether ``sign`` is told to be over by what stands in ``span``."""
        gone = (sign.code in _SUPPLIES and self.scope.get("supplied")) or self.scope.get("gone")
        match = gone.search(self.text, *span) if gone else None
        if match is None or self._of_next(sign, found, match.end()) or self._of_another(match, span[0]):
            return False
        if self._came_back(match.end()):
            return False
        if _STILL.search(self.text, max(sign.start - 6, 0), sign.end + 6):
            return False
        same_clause = not any(span[0] < clause <= match.start() for clause in self.clauses)
        return past or same_clause

    def _of_another(self, gone: re.Match[str], start: int) -> bool:
        """Whether something else is over, or only seemed to be: the words from ``start`` on name it."""
        topic, thought, lead = self.scope.get("topic"), self.scope.get("thought"), self.scope.get("gone_lead")
        if (topic and topic.search(self.text, start, gone.end())) or (thought and thought.match(self.text, gone.end())):
            return True
        sentence = self._start(self.sentences, gone.start())
        return bool(lead and sentence >= start and not lead.fullmatch(self.text, sentence, gone.start()))

    def _before_end(self, place: int, most: int) -> int:
        """``most``, or the first place from ``place`` on where a sentence ends without a full stop."""
        at = bisect_left(self.unmarked, place)
        return min(most, self.unmarked[at]) if at < len(self.unmarked) else most

    def _rest(self, place: int) -> str:
        """The rest of the sentence after ``place``."""
        at = bisect_left(self.sentences, place)
        return self.text[place : self.sentences[at]] if at < len(self.sentences) else self.text[place:]

    def _of_next(self, sign: Sign, found: Sequence[Sign], end: int) -> bool:
        """Whether what is over stands right behind: "dolor de pecho pero ya se me quitó la tos"."""
        whose = self.scope.get("gone_of")
        place = whose.match(self.text, end) if whose else None
        return place is not None and any(
            other.start == place.end() and other.kind in _SIGNS and other.code != sign.code for other in found
        )

    def _joined(self, sign: Sign, found: Sequence[Sign]) -> tuple[int, int]:
        """Where the last sign ends that is joined to ``sign``, and the same place again if the next stands apart.

        What is over is both of 胸の痛みも咳も治った, and only the last of "chest pain, my cough has gone".
        """
        last, joins, comma = sign.end, self.scope.get("joins"), self.scope.get("apart")
        if joins is None:
            return last, len(self.text)
        for other in islice(found, bisect_left(found, sign.end, key=_start_of), None):
            if other.start < last or other.kind not in _SIGNS:
                continue
            if (end := self._before_end(last, len(self.text))) <= other.start:  # the next sentence
                return last, end
            link = joins.match(self.text, last)
            if link is None or link.end() != other.start:
                apart = other.code != sign.code and comma and comma.fullmatch(self.text, last, other.start)
                return last, last if apart else len(self.text)
            last = other.end
        return last, len(self.text)
