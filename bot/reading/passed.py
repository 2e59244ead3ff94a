"""Whether a sign has passed: gone today, long over, or told to be over of something else."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice
from operator import attrgetter

from bot.reading.clauses import Clauses
from bot.reading.sign import Sign, Status

_LASTING = frozenset({"seizure", "unconscious", "labour", "stroke", "suicide"})
"""Signs that stay an emergency within the day although they have passed (GUIDE: What decides)."""
_ENDURING = frozenset({"medicine", "no_food", "worse", "suicide"})
"""What ran out or came back days ago, and a wish to die, is so still, unless it is said to be over."""
_SUPPLIES = frozenset({"medicine", "no_food"})
"""What ran out is over only when it has come (``supplied`` in the scope)."""
REGION = 48
"""Characters behind a sign that may say what became of it."""
_SINCE = 24
"""Characters behind a sign in which "since" or "started" may stand."""
_AGO = 20
"""The same for when it was, days ago: what stands farther off tells of something else."""
_ASIDE = re.compile(
    r"(?:の(?:こと|話|とき|時)?|に|は|が|です|でした|だけど?|けど|[的啊吧哈]|이요|요|였|에| po| ha| na)*[\W_]*"
)
"""What may stand behind the time of what is told (胸が痛かった、先週のことです)."""
_IT_WAS = re.compile(
    r"[\W_]*(?:那是|這是|这是|それは|あれは|that was|it was|this was|(?:eso |isso |esto |isto )?(?:fue|era|foi))[\W_]*"
)
_CLAUSE_MARKS = " ,，、;:"
_LINK = 4
"""Characters that lead from one clause to the next: けど, が、, còn."""
_STILL = re.compile(r"(?<![a-z])still(?![a-z])")
SIGNS = ("red_flags", "dangers", "symptoms")
_start_of = attrgetter("start")


class Passed(Clauses):
    """Judges whether a sign that is told is over."""

    def was_until(self, sign: Sign, denial: Sign) -> bool:
        """Whether ``sign`` is told of the past, and ``denial`` of now (昨夜は苦しかったけど、今は息できてます)."""
        now, was = self.scope.get("now"), self.scope.get("past_after")
        between = self.text[sign.end : denial.end]
        return bool(now and was and was.match(between) and now.search(between) and sign.code not in _LASTING)

    def _unheard_of(self, sign: Sign) -> bool:
        """Words that hold a "not" and say that it was never so before (昨日はなかった): so it is now."""
        behind, before = self.scope.get("unlike_before"), self.scope.get("unlike_any")
        if behind and behind.match(self.text, sign.end):
            return True
        start = self._start(self.clauses, sign.start)
        return bool(before and before.search(self.text[start : sign.start]))

    def _gone(self, sign: Sign, found: Sequence[Sign]) -> Status:
        if self._again(sign):
            return Status.PRESENT
        region = self._region(sign, found)
        sentence = self.text[self._start(self.sentences, sign.start) : sign.end]
        last, apart = self._joined(sign, found)
        early = self._told_as_past(sign)
        despite = self.scope.get("despite")
        if despite and not early and despite.match(region):  # "my chest hurts but I'm ok"
            return Status.PRESENT
        told = region[: self._before_end(sign.end, apart) - sign.end]
        past = early or self._was(sign, told)
        past = past and not self._told_now(region) and not self._lasts(sentence + region[:_SINCE])
        end = min(last + REGION, len(self.text)) if last > sign.end else sign.end + len(region)
        over = self._gone_behind(sign) or self._over(
            sign, found, (last, end if past else min(end, apart)), past=past, dated=early
        )
        if (over or past) and self._unheard_of(sign):
            return Status.PRESENT
        if (over or (past and sign.code not in _ENDURING)) and self._long_ago(sign, sentence):
            return Status.LONG_GONE
        return Status.GONE if over and sign.code not in _LASTING else Status.PRESENT

    def _again(self, sign: Sign) -> bool:
        """Whether it came back (また胸が...): what was over before is told of now."""
        again = self.scope.get("again")
        return bool(again and again.search(self.text, max(sign.start - 8, 0), sign.start + 2))

    def _was(self, sign: Sign, told: str) -> bool:
        """Whether what is ``told`` behind ``sign`` puts it into the past; not what a little effort brought."""
        was = self.scope.get("past_after")
        return bool(was and was.match(told) and not self._on_exertion(sign))

    def _long_ago(self, sign: Sign, sentence: str) -> bool:
        """Whether it is told when it was, and that is days ago."""
        long_ago = self.scope.get("long_ago")
        if long_ago is None:
            return False
        behind = long_ago.search(self._rest(sign.end)[:_AGO])
        return bool(long_ago.search(sentence)) or (behind is not None and not self._of_next_clause(sign, behind))

    def _of_next_clause(self, sign: Sign, time: re.Match[str]) -> bool:
        """Whether a clause of its own begins with the ``time`` behind ``sign`` (晕倒了，小时候得过肺炎)."""
        at = sign.end + time.start()
        if self.clause(at) == self.clause(sign.end):
            return False
        ends = self.clauses[self.clause(at) :]
        end = ends[0] if ends else len(self.text)
        if _IT_WAS.fullmatch(self.text, self.clauses[self.clause(at) - 1], at):
            return False
        return not _ASIDE.fullmatch(self.text, sign.end + time.end(), end)

    def _gone_behind(self, sign: Sign) -> bool:
        """Whether it is said right behind ``sign``, with small words only between, that it has gone."""
        behind = self.scope.get("gone_behind")
        if behind is None or sign.rule.bare or sign.code in _SUPPLIES:
            return False
        match = behind.match(self.text, sign.end, self._before_end(sign.end, sign.end + REGION))
        return match is not None and not self._came_back(match.end())

    def _came_back(self, place: int) -> bool:
        """Whether what has gone at ``place`` is told to be there again (消えたけどまた出てきました)."""
        back = self.scope.get("back")
        return bool(back and back.match(self.text, place))

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

    def _told_as_past(self, sign: Sign) -> bool:
        """Whether the last word of time before ``sign`` is of the past and not of now ("was easy, tonight …").

        Or its own words are (숨이 찼, 喘了).
        """
        inside = self.scope.get("past_inside")
        if inside and inside.search(self.text, sign.start, sign.end):
            return True
        early, now = self.scope.get("past_before"), self.scope.get("now")
        if early is None:
            return False
        words = self.text[self._dated_from(sign, early) : sign.end]
        past = [match.end() for match in early.finditer(words)]
        return bool(past) and (now is None or not any(match.end() >= past[-1] for match in now.finditer(words)))

    def _dated_from(self, sign: Sign, early: re.Pattern[str]) -> int:
        """Where words may begin that tell the time of ``sign``; of a clause before only a mere time (昨晚，...).

        先月もかかりましたけど、助けて tells of two times.
        """
        start, first = self._start(self.clauses, sign.start), self._start(self.sentences, sign.start)
        before = self.text[first:start].rstrip(_CLAUSE_MARKS)
        mere = any(len(before) - match.end() <= _LINK for match in early.finditer(before))
        return first if mere else start

    def _region(self, sign: Sign, found: Sequence[Sign]) -> str:
        end = min(sign.end + REGION, len(self.text))
        for other in islice(found, bisect_left(found, sign.end, key=_start_of), None):
            if other.start >= end:
                break
            if other.grave and other.code != sign.code:
                end = min(end, other.start)
        return self.text[sign.end : end]

    def _over(self, sign: Sign, found: Sequence[Sign], span: tuple[int, int], *, past: bool, dated: bool) -> bool:
        """Whether ``sign`` is told to be over by what stands in ``span``; ``dated`` if words say that it was before."""
        gone = self.scope.get("supplied" if sign.code in _SUPPLIES else "gone")
        match = gone.search(self.text, *span) if gone else None
        if match is None or self._of_next(sign, found, match.end()) or self._of_another(match, span[0]):
            return False
        if self._came_back(match.end()) or (not past and _told_of_another(sign, found, match)):
            return False
        if not dated and self._was_well(match):
            return False
        if _STILL.search(self.text, max(sign.start - 6, 0), sign.end + 6):
            return False
        same_clause = not any(span[0] < clause <= match.start() for clause in self.clauses)
        return past or same_clause

    def _was_well(self, gone: re.Match[str]) -> bool:
        """Whether what seems to say that it is over tells that all was well before (息苦しい、朝は普通でした)."""
        was_well = self.scope.get("was_well")
        told = was_well.search(self.text, gone.start()) if was_well else None
        return told is not None and told.start() <= gone.start() + _LINK

    def _of_another(self, gone: re.Match[str], start: int) -> bool:
        """Whether something else is over, or only seemed to be: the words from ``start`` on name it."""
        topic, thought, lead = self.scope.get("topic"), self.scope.get("thought"), self.scope.get("gone_lead")
        if (topic and topic.search(self.text, start, gone.end())) or (thought and thought.match(self.text, gone.end())):
            return True
        sentence = self._start(self.sentences, gone.start())
        return bool(lead and sentence >= start and not lead.fullmatch(self.text, sentence, gone.start()))

    def _of_next(self, sign: Sign, found: Sequence[Sign], end: int) -> bool:
        """Whether what is over stands right behind: "dolor de pecho pero ya se me quitó la tos"."""
        whose = self.scope.get("gone_of")
        place = whose.match(self.text, end) if whose else None
        return place is not None and any(
            other.start == place.end() and other.kind in SIGNS and other.code != sign.code for other in found
        )

    def _joined(self, sign: Sign, found: Sequence[Sign]) -> tuple[int, int]:
        """Where the last sign ends that is joined to ``sign``, and the same place again if the next stands apart.

        What is over is both of 胸の痛みも咳も治った, and only the last of "chest pain, my cough has gone".
        """
        last, joins, comma = sign.end, self.scope.get("joins"), self.scope.get("apart")
        if joins is None:
            return last, len(self.text)
        for other in islice(found, bisect_left(found, sign.end, key=_start_of), None):
            if other.start < last or other.kind not in SIGNS:
                continue
            if (end := self._before_end(last, len(self.text))) <= other.start:  # the next sentence
                return last, end
            link = joins.match(self.text, last)
            if link is None or link.end() != other.start:
                apart = other.code != sign.code and comma and comma.fullmatch(self.text, last, other.start)
                return last, last if apart else len(self.text)
            last = other.end
        return last, len(self.text)


def _told_of_another(sign: Sign, found: Sequence[Sign], gone: re.Match[str]) -> bool:
    """Whether the words that it is over deny another sign: "me duele el pecho y ahora respiro bien"."""
    return any(
        other.kind == "denials" and other.code != sign.code and other.start < gone.end() and gone.start() < other.end
        for other in found
    )
