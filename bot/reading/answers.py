"""Keywords (STOP, START, HELP) and yes/no: they count when they are the message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.reading import Context
from bot.reading.lexicon import Lexicon
from bot.reading.menu import read_digit
from bot.reading.normalise import Normalised

_PIECE = re.compile(r"[。!?\n、,;:()「」…・]+|\.+(?!\d)|(?<=[^\W\d])(?: - | / )")
_BOTH_DIGITS = re.compile(r"[\W_]*(?:1[^\w]*(?:か|or|と|、)?[^\w]*2|2[^\w]*(?:か|or|と|、)?[^\w]*1)(?:です)?[\W_]*$")
_SHORTEST_COURTESY = 3
_NO_LETTER = re.compile(r"(?:[^\w\u0900-\u0963]|_)+")
_TAIL = re.compile(
    r"(?:です|でーす|ます|で|よ|ね|わ|な|けど|けれど|が|ので|から|し|だ|や|もん|ぞ|ー|っす|かな|かも|って|んで|さん"
    r"|ください|下さい|お願い|w+|pls|please|plz|po|ạ|nhe|nha|a|"
    r"요|입니다|이요|哦|啊|吧|的|了|呢|呀|喔|啦|vang|thanks|thank you|thx|obrigad[oa]|gracias|salamat|por favor|ja"
    r"|na|ha|hai|la|lang|naman)?"
)


@dataclass(frozen=True, slots=True)
class Answers:
    """``keyword`` is "opt_out", "opt_in" or "help"; ``marks`` are (rule, place in the normalised text)."""

    keyword: str | None = None
    yes: bool = False
    no: bool = False
    marks: tuple[tuple[str, tuple[int, int]], ...] = ()


def read_keyword(text: Normalised, lexicons: Sequence[Lexicon]) -> str | None:
    """STOP, START or HELP in any language where it is the whole message (besides politeness)."""
    core = text.text
    for lexicon in lexicons:
        for name in ("opt_out", "opt_in", "help"):
            pattern = lexicon.alone.get(name)
            if pattern and _whole(core, pattern, lexicon):
                return name
    return None


def _whole(text: str, pattern: re.Pattern[str], lexicon: Lexicon) -> bool:
    plain = _NO_LETTER.sub(" ", text).strip()
    if not plain or len(plain) > 60:
        return False
    forms = {plain, plain.replace(" ", "")} if not lexicon.spaced else {plain}
    if any(_bare(form, pattern) for form in forms):
        return True
    if lexicon.filler is None:
        return False
    rest = re.sub(r"\s+", " ", lexicon.filler.sub(lambda m: _drop(m, plain, lexicon), plain)).strip()
    return bool(rest) and rest != plain and _bare(rest, pattern)


def _drop(match: re.Match[str], text: str, lexicon: Lexicon) -> str:
    start = match.start()
    inside_word = lexicon.spaced and start and text[start - 1].isalnum()
    if inside_word or (not lexicon.spaced and len(match.group()) < _SHORTEST_COURTESY):
        return match.group()
    return " "


def _bare(text: str, pattern: re.Pattern[str]) -> bool:
    if pattern.fullmatch(text):
        return True
    spaces = [place for place, char in enumerate(text) if char == " "][:6]
    if any(pattern.fullmatch(text[:place]) and pattern.fullmatch(text[place + 1 :]) for place in spaces):
        return True
    tail = re.search(rf" ?{_TAIL.pattern}$", text)
    return bool(tail and tail.start() and pattern.fullmatch(text[: tail.start()].strip()))


def read_yes_no(text: Normalised, context: Context, lexicons: Sequence[Lexicon]) -> Answers:
    """Yes or no by digit (1 yes, 2 no) or by word; both are True where both are said."""
    digit = read_digit(text, highest=9)
    if _BOTH_DIGITS.match(text.text):
        return Answers(yes=True, no=True, marks=(("answer:unclear", (0, len(text.text))),))
    if digit.digit in (1, 2) and not _word_only(text):
        name = "yes" if digit.digit == 1 else "no"
        return Answers(yes=name == "yes", no=name == "no", marks=((f"answer:{name}", digit.span),))
    said: dict[str, tuple[int, int]] = {}
    for start, end in [(0, len(text.text)), *_pieces(text)]:
        word = (
            None
            if start and _courtesy(text.text[start:end], lexicons)
            else _word(text.text[start:end], context, lexicons)
        )
        if word:
            said.setdefault(word, (start, end))
            if start == 0 and end == len(text.text):
                break
    marks = tuple((f"answer:{name}", span) for name, span in said.items())
    return Answers(yes="yes" in said, no="no" in said, marks=marks)


def _courtesy(piece: str, lexicons: Sequence[Lexicon]) -> bool:
    """A polite close ("よろしくお願いします") after something else says neither yes nor no."""
    return any(lexicon.filler is not None and lexicon.filler.fullmatch(piece.strip()) for lexicon in lexicons)


def _word_only(text: Normalised) -> bool:
    return not any(char.isdigit() for char in text.text) and text.text.strip() in ("に", "し", "hai", "ba", "ni", "so")


def _pieces(whole: Normalised) -> list[tuple[int, int]]:
    text, pieces, start = whole.text, [], 0
    if first := min(whole.breaks, default=0):  # はい　熱は…: the words before the first space
        pieces.append((0, first))
    for match in [*_PIECE.finditer(text), None]:
        end = match.start() if match else len(text)
        if text[start:end].strip():
            pieces.append((start, end))
        start = match.end() if match else end
    return pieces


def _word(piece: str, context: Context, lexicons: Sequence[Lexicon]) -> str | None:
    for lexicon in lexicons:
        for name in ("yes", "no"):
            special = lexicon.alone.get(f"danger_{name}") if context is Context.DANGER else None
            for pattern in (special, lexicon.alone.get(name)):
                if pattern and _whole(piece, pattern, lexicon):
                    return name
    return None
