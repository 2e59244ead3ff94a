"""Keywords (STOP, START, HELP) and yes/no: they count when they are the message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import add

from bot.domain.reading import Context
from bot.reading.beginnings import compiled
from bot.reading.hanzi import in_letters_of
from bot.reading.lexicon import Lexicon
from bot.reading.menu import Menu, read_digit
from bot.reading.menu_words import MenuWords
from bot.reading.normalise import Normalised, fold_pattern, in_word

_PIECE = compiled(
    r"[。!?\n、,;:()「」…・]+|\.+(?!\d)"
    r"|(?<=[^\W\d])(?: - | / | (?:pero|but|basta|kaso|kasi|tara|siempre que|nhung|tapos|con tal) [^.!?\n,]*)"
)
_EITHER = re.compile(
    r"\W*[12](?:番)?[ と]*[12](?:番)?(?:の)?(?:どっち|どちら|どれ)"
    r"|\W*(?:1(?:番)?か2|2(?:番)?か1)(?=(?:番)?(?:か|、|を|で|は)[^\d]*$)"
    r"|\W*(?:1 ?(?:番)? ?[とや] ?2|2 ?(?:番)? ?[とや] ?1)(?= ?(?:番)?(?:の|って|は)[^\d]*$)"
)
"""A question about both: 1か2か、押したら料金はかかりますか, 1と2の違いは."""
_TURNED = re.compile(
    r"\W*[12](?:番)?(?:(?:では|じゃ|や)(?:なく|な|のう)(?:て|うて)?|(?:と|って|に)[^12。\n]{0,12}?(?:けど|けれど|が|のに)|の?間違い(?:で|、))"
    r"(?:やっぱり?|やはり|、| )*(?P<now>[12])(?![\d人回日歳時度月週階名枚つ年分本])[^12]*$"
)
_BOTH_DIGITS = re.compile(
    r"[\W_]*(?:1[^\w]*(?:か|or|と|、|还是|還是|或|번?이?요?|번?아니면)?[^\w]*2|2[^\w]*(?:か|or|と|、)?[^\w]*1)"
    r"(?:です|번?이?요|번?인가요|啊|呢)?[\W_]*$"
)
_COUNTS = re.compile(
    fold_pattern(
        r" ?(?:(?:hrs?|hours?|days?|mins?|minutes?|weeks?|years?|yrs?|people|persons?|horas?|dias?|semanas?|personas?"
        r"|pessoas?|ngay|tuan|gio|nguoi|araw|oras|linggo|din|ghanta|hapta)(?![a-z])|時間|日|週|人|歳|天|周|小时|小時|시간|일|주|명)"
    )
)
"""What is counted by a digit that is no answer: 2 hrs ago i took the test."""
_SHORTEST_COURTESY = 3
_ASKED = re.compile(r"[ 」』]*\?")
_NO_LETTER = re.compile(r"(?:[^\w\u0900-\u0963]|_)+")
_STRETCHED = re.compile("(?<!う)ー")
"""A long sound that changes nothing: はーい is はい, but うーん is no うん."""
_LONGEST_TYPED = 200
_LONGEST_ANSWER = 60
"""Characters; a longer message is no lone keyword."""
_END = re.compile(
    r" ?(?:です|でーす|ます|で|よ|ね|わ|な|けど|けれど|が|ので|から|し|だ|や|もん|ぞ|ー|っす|かな|かも|って|んで|さん"
    r"|ください|下さい|お願い|w+|pls|please|plz|po|ạ|nhe|nha|a|"
    r"요|입니다|이요|哦|啊|吧|的|了|呢|呀|喔|啦|vang|thanks|thank you|thx|obrigad[oa]|gracias|salamat|por favor|ja"
    r"|na|ha|hai|la|lang|naman)$"
)


_LONGEST_END = 16
"""Characters; no ending is longer."""


@dataclass(frozen=True, slots=True)
class Answers:
    """``keyword`` is "opt_out", "opt_in" or "help"; ``marks`` are (rule, place in the normalised text)."""

    keyword: str | None = None
    yes: bool = False
    no: bool = False
    marks: tuple[tuple[str, tuple[int, int]], ...] = ()


NO_ANSWERS = Answers()


def read_keyword(text: Normalised, lexicons: Sequence[Lexicon]) -> str | None:
    """STOP, START or HELP in any language where it is the whole message (besides politeness)."""
    for lexicon in lexicons:
        if name := _alone(text.text, lexicon, {name: (name,) for name in ("opt_out", "opt_in", "help")}):
            return name
    return None


def _alone(text: str, lexicon: Lexicon, names: Mapping[str, Sequence[str]]) -> str | None:
    """The first of ``names`` whose words (of any of its sections of ``alone``) are all of ``text``."""
    plain = _plain(text, lexicon)
    if not plain:
        return None
    begun = _begun(plain, lexicon)
    starts = lexicon.starts
    names = {
        name: possible
        for name, keys in names.items()
        if (possible := [key for key in keys if key in starts and not starts[key].isdisjoint(begun)])
    }
    if not names:
        return None
    for name, keys in names.items():  # the whole before its parts: मन्जुर छैन is no मन्जुर
        if any(lexicon.alone[key].fullmatch(plain) for key in keys):
            return name
    cores = _cores(plain, lexicon)
    for name, keys in names.items():
        if any(cores.are(lexicon.alone[key]) for key in keys):
            return name
    return None


def _begun(plain: str, lexicon: Lexicon) -> set[str]:
    """How the message proper can begin, two letters and "": after courtesy with any word, or any letter."""
    polite = lexicon.filler.match(plain) if lexicon.filler else None
    if polite is None or polite.end() < (1 if lexicon.spaced else _SHORTEST_COURTESY):
        words = plain if lexicon.spaced else plain.replace(" ", "")
        return {"", words[:1], words[:2], _STRETCHED.sub("", words[:4])[:2]}
    if lexicon.spaced:
        return {"", *(word[:size] for word in plain.split() for size in (1, 2))}
    joined = plain.replace(" ", "")
    short = _STRETCHED.sub("", joined)
    return {"", *joined, *map(add, joined, joined[1:]), *map(add, short, short[1:])}


@dataclass(frozen=True, slots=True)
class _Cores:
    """What may be the message proper: the text without politeness and endings, and its halves (yes yes)."""

    wholes: tuple[str, ...] = ()
    halves: tuple[tuple[str, str], ...] = ()

    def are(self, pattern: re.Pattern[str]) -> bool:
        """Whether the message is one of the words of ``pattern``."""
        return any(map(pattern.fullmatch, self.wholes)) or any(
            pattern.fullmatch(first) and pattern.fullmatch(second) for first, second in self.halves
        )


def _plain(text: str, lexicon: Lexicon) -> str:
    """The words of ``text`` as the language spells them; "" where they are too many for an answer."""
    if len(text) > _LONGEST_TYPED:
        return ""
    spelt = lexicon.spelling.plain(text) if lexicon.spelling else in_letters_of(lexicon.code, text)
    plain = _NO_LETTER.sub(" ", spelt).strip()
    return plain if len(plain) <= _LONGEST_ANSWER else ""


def _cores(plain: str, lexicon: Lexicon) -> _Cores:
    forms = {plain: None}
    if not lexicon.spaced:
        joined = plain.replace(" ", "")
        forms |= dict.fromkeys((joined, _STRETCHED.sub("", joined)))
    if lexicon.filler is not None:
        rest = " ".join(lexicon.filler.sub(lambda match: _drop(match, plain, lexicon), plain).split())
        if rest:
            forms[rest] = None
    halves = [
        (form[:place], form[place + 1 :])
        for form in forms
        for place in [place for place, char in enumerate(form) if char == " "][:6]
    ]
    cut = [
        form[: tail.start()].strip()
        for form in forms
        if (tail := _END.search(form, max(len(form) - _LONGEST_END, 0))) and tail.start()
    ]
    return _Cores((*forms, *cut), tuple(halves))


def _drop(match: re.Match[str], text: str, lexicon: Lexicon) -> str:
    start = match.start()
    inside_word = lexicon.spaced and start and in_word(text[start - 1])
    if inside_word or (not lexicon.spaced and len(match.group()) < _SHORTEST_COURTESY):
        return match.group()
    return " "


def read_yes_no(text: Normalised, context: Context, lexicons: Sequence[Lexicon], menu: MenuWords) -> Answers:
    """Yes or no by digit (1 yes, 2 no) or by word; both are True where both are said."""
    digit = _turned(text) or read_digit(text, menu, highest=9)
    if both := _BOTH_DIGITS.match(text.text) or _EITHER.match(text.text):
        return Answers(yes=True, no=True, marks=(("answer:unclear", both.span()),))
    if digit.digit in (1, 2) and not _word_only(text) and not _COUNTS.match(text.text, digit.span[1]):
        name = "yes" if digit.digit == 1 else "no"
        rest = [
            piece
            for piece in _pieces(text, digit.span[1])
            if _word(text.text[slice(*piece)], context, lexicons) == name
        ]
        marks = tuple((f"answer:{name}", span) for span in [digit.span, *rest])
        return Answers(yes=name == "yes", no=name == "no", marks=marks)
    said: dict[tuple[int, int], str] = {}
    for start, end in [(0, len(text.text)), *_pieces(text)]:
        piece = text.text[start:end]
        if _ASKED.match(text.text, end) or piece.rstrip().endswith("?") or (start and _courtesy(piece, lexicons)):
            continue
        if word := _word(piece, context, lexicons):
            said[start, end] = word
            if start == 0 and end == len(text.text):
                break
    marks = tuple((f"answer:{name}", span) for span, name in said.items())
    return Answers(yes="yes" in said.values(), no="no" in said.values(), marks=marks)


def _turned(text: Normalised) -> Menu | None:
    """The digit that takes another one back: 2ではなく1です, 2と思ったけどやっぱり1."""
    match = _TURNED.match(text.text)
    return Menu(int(match["now"]), match.span("now")) if match else None


def _courtesy(piece: str, lexicons: Sequence[Lexicon]) -> bool:
    """A polite close ("よろしくお願いします") after something else says neither yes nor no."""
    return any(lexicon.filler is not None and lexicon.filler.fullmatch(piece.strip()) for lexicon in lexicons)


def _word_only(text: Normalised) -> bool:
    return not any(char.isdigit() for char in text.text) and text.text.strip() in ("に", "し", "hai", "ba", "ni", "so")


def _pieces(whole: Normalised, start: int = 0) -> list[tuple[int, int]]:
    text, pieces = whole.text, []
    if not start and (first := min(whole.breaks, default=0)):  # はい　熱は…: the words before the first space
        pieces.append((0, first))
    for match in [*_PIECE.finditer(text, start), None]:
        end = match.start() if match else len(text)
        if text[start:end].strip():
            pieces.append((start, end))
        start = match.end() if match else end
    return pieces


def _word(piece: str, context: Context, lexicons: Sequence[Lexicon]) -> str | None:
    """What ``piece`` answers; what tells of a danger goes before what only agrees (괜찮아요: I am well, or: do so)."""
    for lead in ("danger_", "") if context is Context.DANGER else ("",):
        names = {name: (f"{lead}{name}",) for name in ("yes", "no")}
        said = {name for lexicon in lexicons if (name := _alone(piece, lexicon, names))}
        if said:
            return said.pop() if len(said) == 1 else None  # "k" is yes in English, no in Vietnamese
    return None
