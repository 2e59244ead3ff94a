"""Menu digits and yes/no digits: ``2 37.8``, ``４です``, ``二番``, ``3じゃなくて4かも``, ``それ以外は１``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.reading.menu_words import MenuWords
from bot.reading.normalise import Normalised

_DIGIT = re.compile("[1-4]")
_BEFORE = 48
"""Letters before a number that may tell that it is none."""
_NEAR = 16
"""Letters before a digit in which it may be compared with another, and half of those behind it."""
_GLUED = re.compile(r"^[\W_]*(?P<digit>[1-4])[.,、。:・= /-]{0,3}(?=3[3-9][.,度]\d?|4[0-2][.,度]\d?|3[4-9]\d(?!\d))")
_WORD_NUMBER = re.compile(
    r"(?P<word>一|二|三|四|いち|に|さん|よん)(?:番|ばん)(?!目|つら|辛|苦|痛|し|多|高|心配|困|近|早|い(?!い)"
    r"|最|好|ひ)"
)


@dataclass(frozen=True, slots=True)
class Menu:
    """The menu number answered and where it stands; ``start`` tells how far a leading digit reaches."""

    digit: int | None = None
    span: tuple[int, int] = (0, 0)
    leading_end: int = 0


NO_MENU = Menu()


def read_menu(text: Normalised, words: MenuWords, taken: Sequence[tuple[int, int]] = ()) -> Menu:
    """The menu number (1 to 4) in a reply to the daily question; of several that stand, the graver.

    Digits inside ``taken`` (places of values) are none.
    """
    plain = text.text
    if alone := _word_alone(text, words):
        return alone
    found: list[tuple[int, int, int]] = []
    leading_end = 0
    if _DIGIT.search(plain):
        if one_of_two := _between(plain) or _instead(plain):
            return one_of_two
        found, leading_end = _in_digits(plain, words)
    found.extend(
        (words.numbers[match["word"]], *match.span())
        for match in _WORD_NUMBER.finditer(plain)
        if _stands(plain, *match.span(), words)
    )
    found.extend(_spelled(plain, words))
    found = [one for one in found if not any(start <= one[1] and one[2] <= end for start, end in taken)]
    if not found:
        return NO_MENU
    digit, start, end = max(found)
    return Menu(digit, (start, end), leading_end)


def _in_digits(text: str, words: MenuWords) -> tuple[list[tuple[int, int, int]], int]:
    """Every digit that stands, with its place, and where the one at the beginning ends."""
    found: list[tuple[int, int, int]] = []
    leading_end = 0
    leading = _GLUED.match(text) or words.leading.match(text)
    if leading and _stands(text, *leading.span("digit"), words):
        found.append((int(leading["digit"]), *leading.span("digit")))
        leading_end = leading.end("digit")
    found.extend(
        (int(match["digit"]), *match.span("digit"))
        for match in words.inside.finditer(text)
        if match.start("digit") >= leading_end and _stands(text, *match.span("digit"), words)
    )
    return found, leading_end


def _between(text: str) -> Menu | None:
    """3.5, 3〜4, 2と3の間, 3か4か迷う: the graver of the two."""
    match = _HALF.match(text)
    if match is None:
        return None
    digit = int(match["low"]) + 1 if match["half"] else max(int(match["low"]), int(match["high"]))
    return Menu(min(digit, 4), match.span(), match.end())


def _instead(text: str) -> Menu | None:
    """4じゃなくて1, 昨夜は1でしたが3に変えて: the digit that is put in the place of the first."""
    match = _INSTEAD.match(text)
    if match is None:
        return None
    name = "digit" if match["digit"] else "changed"
    return Menu(int(match[name]), match.span(name), match.end())


def _spelled(text: str, words: MenuWords) -> Iterator[tuple[int, int, int]]:
    """The grave numbers written out: "Four. I feel bad", 选四."""
    for match in words.spelled.finditer(text):
        group = match.lastindex or 0
        word = match[group]
        digit = int(word) if word.isdigit() else words.numbers[word]
        if _stands(text, *match.span(group), words):
            yield digit, *match.span(group)


def read_digit(text: Normalised, words: MenuWords, *, highest: int) -> Menu:
    """The digit that answers a question with ``highest`` choices: the whole reply or its first token."""
    menu = _word_alone(text, words)
    if menu is None:
        match = _GLUED.match(text.text) or words.leading.match(text.text)
        if match is None or words.asked.match(text.text, match.end("digit")):
            matches = [m for m in words.inside.finditer(text.text) if _stands(text.text, *m.span("digit"), words)]
            written = list(_WORD_NUMBER.finditer(text.text))
            if len(matches) == 1:
                menu = Menu(int(matches[0]["digit"]), matches[0].span("digit"))
            elif len(written) == 1:
                menu = Menu(words.numbers[written[0]["word"]], written[0].span())
        else:
            menu = Menu(int(match["digit"]), match.span("digit"), match.end("digit"))
    if menu is None or menu.digit is None or menu.digit > highest:
        return NO_MENU
    return menu


def _stands(text: str, start: int, end: int, words: MenuWords) -> bool:
    """Whether the digit is this answer: not asked about, not denied, not that of yesterday."""
    if words.not_after.match(text, end) or _is_compared(text, start, end, words):
        return False
    before = text[max(start - _BEFORE, 0) : start]
    if words.not_before.search(before):
        return False
    return not any(lead.search(before) and rest.match(text, end) for lead, rest in words.when)


def _is_compared(text: str, start: int, end: int, words: MenuWords) -> bool:
    """Whether it is one of two numbers that are compared, or to choose from in a question: "marco 1 ou 2?"."""
    first = max(start - _NEAR, 0)
    if any(match.start() <= start < match.end() for match in words.compared.finditer(text, first, end + 2 * _NEAR)):
        return True
    choices = words.either.finditer(text, first, end + _NEAR)
    both = any(match.start() <= start and end <= match.end() for match in choices)
    return both and bool(words.which.search(text))


def _word_alone(text: Normalised, words: MenuWords) -> Menu | None:
    """A number word that is the whole reply, or its first word before a space."""
    whole = words.whole.match(text.text)
    if first := _FIRST.match(text.text):
        end = first.end("word")
        return (
            None
            if words.not_after.match(text.text, end)
            else Menu(words.numbers[first["word"]], first.span("word"), end)
        )
    if told := _TOLD.match(text.text):
        name = "word" if told["word"] else "first"
        return Menu(words.numbers[told[name]], told.span(name), told.end())
    if whole and (digit := words.numbers.get(whole["word"])):
        return Menu(digit, (0, len(text.text)), len(text.text))
    match = words.word.match(text.text)
    if match is None:
        return None
    digit, end = words.numbers[match.group()], match.end()
    if words.not_after.match(text.text, end):
        return None
    set_off = end in text.breaks and bool(_JAPANESE.match(match.group()))
    return Menu(digit, match.span(), end) if set_off or _THEN_NUMBER.match(text.text, end) else None


_TOLD = re.compile(
    r"(?:(?:番号|ばんごう|数字|答え)(?:は|が)?(?P<word>いち|に|さん|よん|一|二|三|四)(?:です|だ|や|で)"
    r"|(?P<first>よん|四)(?:、?です(?=$|[。、!]|つら|辛|苦|くる|しんど|息|むね|胸)|で(?:お願|おねが|頼)))"
)
_HALF = re.compile(
    r"[\W_]*(?P<low>[1-4])(?:番)?(?:(?P<half>[.,]5(?!\d))|(?:[〜~ー\-]|から|と|か)(?P<high>[1-4])(?!\d))"
    r"(?:番)?(?:の?間|のあいだ|の中間|くらい|ぐらい|かな|かも|か?で?(?:迷|まよ|悩)[^\d。、]{0,8}|です|です?か)*[\W_]*$"
)
_INSTEAD = re.compile(
    r"[\W_]*[1-4](?:番)?(?:では|じゃ|や)(?:なく(?:て)?|のうて)(?:、| |やっぱり?|やはり|本当は|正しくは)*"
    r"(?P<digit>[1-4])(?![\d.,人回日歳時度月週階名枚つ年分本])"
    r"|[^\n]{0,24}?(?<!\d)[1-4](?!\d)[^\d\n]{1,16}(?P<changed>[1-4])(?:番)?に(?:変え|かえ|変更し?|訂正し?|直し)て"
)
_FIRST = re.compile(r"[\s「]*(?P<word>いち|に|さん|よん|一|二|三|四)(?:番|ばん)?(?:です)?[。!](?!\d)")
"""A number word that is the first sentence: いち。きょうは…"""
_JAPANESE = re.compile("[ぁ-ゟ一二三四]")
_THEN_NUMBER = re.compile(r"[ ,.:]+(?=[34]\d)")
