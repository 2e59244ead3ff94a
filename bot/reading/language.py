"""Which lexicons a reply needs, told from its letters and words and never from the resident's file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.reading.beginnings import compiled
from bot.reading.lexicon import Lexicon
from bot.reading.normalise import Normalised
from bot.reading.shelf import Book

_LONG = 400  # a text as long as this shows its language
_KANA = re.compile("[ぁ-ゟ]")
_CHINESE = compiled(
    "(?<![終完終])了(?![解承])|[的没沒们們吗嗎呢吧我你您他她很还還这這么麼疼喘请請谢謝嗽嗓躺咱啥嘴憋]"
    "|[唔冇嘅佢咗嚟喺哋啲袂无怕]|如果|点算|點算|有人|比昨|难|難受|不[舒痛是会會能想]|不要[再给給发發送叫打联聯]|发烧|發燒"
)
_LATIN_WORD = re.compile(r"[a-z]+")
_CLEARLY = 2
_SYLLABLES = {
    "a": "あ", "i": "い", "u": "う", "e": "え", "o": "お", "n": "ん",
    "ka": "か", "ki": "き", "ku": "く", "ke": "け", "ko": "こ",
    "sa": "さ", "shi": "し", "si": "し", "su": "す", "se": "せ", "so": "そ",
    "ta": "た", "chi": "ち", "ti": "ち", "tsu": "つ", "tu": "つ", "te": "て", "to": "と",
    "na": "な", "ni": "に", "nu": "ぬ", "ne": "ね", "no": "の",
    "ha": "は", "hi": "ひ", "fu": "ふ", "hu": "ふ", "he": "へ", "ho": "ほ",
    "ma": "ま", "mi": "み", "mu": "む", "me": "め", "mo": "も", "ya": "や", "yu": "ゆ", "yo": "よ",
    "ra": "ら", "ri": "り", "ru": "る", "re": "れ", "ro": "ろ", "wa": "わ", "wo": "を",
    "ga": "が", "gi": "ぎ", "gu": "ぐ", "ge": "げ", "go": "ご",
    "za": "ざ", "ji": "じ", "zi": "じ", "zu": "ず", "ze": "ぜ", "zo": "ぞ",
    "da": "だ", "di": "ぢ", "de": "で", "do": "ど", "ba": "ば", "bi": "び", "bu": "ぶ", "be": "べ", "bo": "ぼ",
    "pa": "ぱ", "pi": "ぴ", "pu": "ぷ", "pe": "ぺ", "po": "ぽ",
} | {
    f"{latin}{vowel}": kana + small
    for latin, kana in {"ky": "き", "gy": "ぎ", "ny": "に", "hy": "ひ", "my": "み", "ry": "り", "by": "び", "py": "ぴ",
                        "sh": "し", "sy": "し", "ch": "ち", "ty": "ち", "j": "じ", "jy": "じ", "zy": "じ"}.items()
    for vowel, small in (("a", "ゃ"), ("u", "ゅ"), ("o", "ょ"))
}  # fmt: skip
_DOUBLED = re.compile(r"([kstpcgzdbj])\1")
_ROMAJI_HINTS = frozenset(
    re.findall(
        "[a-z]+",
        "itai musuko musume kyuukyusha kyukyusha wakaranai kazoku gozaimasu wakarimashita watashi juu hachi yon "
        "keiren hikitsuke kuchibiru myaku tsukareta shinitai shimasu imasen masen imasu kurushi kurushii kurusi "
        "kurusii ikigurushi ikigurushii netsu netu nodo seki atama genki daijoubu daijobu hai iie arimasu "
        "arimasen desu desuka masu nai shindoi darui samuke hakike geri kaze kusuri tasukete tasuketekudasai "
        "onegaishimasu onegai arigatou arigato ryoukai kyou kinou mune iki deki dekinai dekimasen kawari "
        "kawarinai heinetsu hanamizu zutsuu futsuu chotto sukoshi mada tsurai kibun warui warukunatta yokunatta "
        "kyuukyuusha okiru okinai kao haha chichi shujin tsuma otto kodomo onaka oraku raku kudasai doko itsu "
        "iranai yamete tomete haisin haishin teishi saikai ii yoi dame memai shokuyoku hidoi kinoo kurushikunai "
        "itakunai sanso sanjuu sanju sanjyuu yonjuu kyuujuu kyuuju kyujuu hachijuu roku ichi gobu kyuu haitte iin "
        "desho daijyoubu masuka deshita mashita kakarimasu okurimasu konna kokoro sensei hoken hokenjo yakusoku "
        "chigau chigaimasu kawaranai onaji genkidesu hana karada shimashita mimashita tabemashita nemashita amari "
        "zenzen hitori sumimasen gomen gomennasai hontou hontouni okuru mata watashiwa boku tomodachi otona "
        "ashita konnichiwa asa ima yoru hiru ohayou konbanwa futsu naorimashita naotta yasumi byouin isha kirai "
        "tabun douzo hayaku "
        "kimashita kimasen todoku todokanai todokimasen doushite dousureba shitsumon kaisha shigoto gakkou "
        "mizu nomu zenbu "
        "migite hidarite migiashi hidariashi ugokanai ugokemasen ugokenai shinzou shinzo kokyuu gyutto tabemono "
        "tabemashita taberarenai nomenai nemurenai nakushita aruke arukenai tatenai hakimashita haita shaberenai "
        "yoroshiku hitsuyou ikemasen ikitai ikimasu kakatte tsukare tsukaremashita nemui samui atsui oishii taion",
    )
)


_ASIDE = re.compile("w+|[a-z]{1,2}|spo|pcr|sms|covid")
_EAST_ASIAN = re.compile("[\u3041-\u309f\u4e00-\u9fff\uac00-\ud7a3]")
"""Beside Japanese, Chinese or Korean a w (a laugh), ok or a unit asks for no other language."""
_OTHER_LETTERS = re.compile("[\uac00-\ud7a3\u3131-\u318e\u0900-\u097f]")
"""Letters of Korean and Nepali beside Japanese ones."""
_SENTENCE = re.compile(r"(?:[^.!?。\n]|\.(?=\d))+")
_BETWEEN_KANA = re.compile("(?<=[ぁ-ゟ]) (?=[ぁ-ゟ])")
_STOP = re.compile(r"(?<=[ぁ-ゖー])[.](?=\s|$)")
_WEAK = frozenset(
    ("hai", "nai", "ii", "hana", "asa", "ima", "yoru", "hiru", "ichi", "roku", "mata", "doko", "iin", "juu")
)
"""Romaji that are words elsewhere too: they tell nothing beside other words."""


_TENS = re.compile(
    "(?:san|yon|go|roku|nana|hachi|kyuu|kyu)?j[uy]u?u(?:ichi|ni|san|yon|go|roku|nana|shichi|hachi|kyuu|kyu|ku)?"
)
"""Romaji of a number in one word: sanjuuroku."""
_SURE_NUMBERS = frozenset(("juu", "jyuu", "jyu", "nana", "roku", "hachi", "kyuu", "sanjuu", "yonjuu", "shichi"))
_NUMBERS = _SURE_NUMBERS.union(("ichi", "ni", "san", "yon", "shi", "go", "ku", "rei", "zero", "ju", "ten", "do", "bu"))
"""Romaji that makes a number: read as one where all words are such and one is sure."""


def choose(text: str, books: Sequence[Book]) -> list[Lexicon]:
    """The lexicons whose letters (and for Latin letters, whose words) occur in normalised ``text``."""
    words = set(_LATIN_WORD.findall(text))
    if not words and _KANA.search(text) and not _OTHER_LETTERS.search(text):
        return [book.open() for book in books if book.code == "ja"]
    if all(map(_ASIDE.fullmatch, words)) and _EAST_ASIAN.search(text):
        words = set()
    wrong = _other_of_han(text)
    latin: list[tuple[frozenset[str], Book]] = []
    chosen: list[Book] = []
    for book in books:
        if not book.hints:
            if book.code != wrong and book.letters.search(text):
                chosen.append(book)
        elif words:
            latin.append((book.words_of(words), book))
        elif book.letters.search(text):  # Devanagari, read in Latin letters too
            chosen.append(book)
    if words:
        likely = _likely(latin)
        chosen.extend(likely if len(text) < _LONG else likely[: 2 if likely[0].words_of(words) else 1])
    return [book.open() for book in chosen]


def _other_of_han(text: str) -> str | None:
    """Chinese characters alone are read as both languages, unless kana, a Chinese word or letter settles it."""
    if _KANA.search(text):
        return "zh"
    return "ja" if _CHINESE.search(text) or any(map(_not_japanese, text)) else None


@lru_cache(maxsize=4_000)
def _not_japanese(char: str) -> bool:
    """Whether a Chinese character stands in no Japanese character set."""
    if not "\u4e00" <= char <= "\u9fff":
        return False
    try:
        char.encode("cp932")
    except UnicodeEncodeError:
        return True
    return False


def _likely(latin: list[tuple[frozenset[str], Book]]) -> list[Book]:
    """Latin-letter languages with a word in the text, best first; all of them where none has one.

    English is among them wherever it has a word, or the others have no more than one. A language all of whose words
    are words of a much likelier one (Spanish in a Portuguese reply) is not.
    """
    ordered = sorted(latin, key=lambda pair: (-len(pair[0]), pair[1].code == "en"))
    best = ordered[0][0] if ordered else frozenset()
    return [
        book
        for words, book in ordered
        if not (words < best and len(best) - len(words) >= _CLEARLY)
        and (len(words) * 3 >= len(best) or (book.code == "en" and (words or len(best) == 1)))
    ]


def from_romaji(text: Normalised, foreign: frozenset[str] = frozenset()) -> Normalised | None:
    """``text`` with romaji written in kana, or None where it is no Japanese in Latin letters.

    Sentences with more ``foreign`` words (that give other languages away) than Japanese ones stay as they are.
    """
    if not _LATIN_WORD.search(text.text):
        return None
    own = [match for match in _SENTENCE.finditer(text.text) if not _is_foreign(match.group(), foreign)]
    words = [word for sentence in own for word in _LATIN_WORD.findall(sentence.group())]
    counted = _counted(words)
    if not counted and not any(_hints(word) for word in words):
        return None
    if not counted and all(word in _WEAK or not _hints(word) for word in words) and set(words) - _WEAK:
        return None
    kana = {word: _PARTICLES.get(word) or _kana(word) for word in set(words)}
    if sum(1 for word in words if kana[word]) * 4 < len(words) * 3:
        return None
    spoken = text.rewrite(
        _LATIN_WORD,
        lambda match: kana[match.group()] if any(one.start() <= match.start() < one.end() for one in own) else None,
    )
    return spoken.rewrite(_BETWEEN_KANA, lambda _: "").rewrite(_STOP, lambda _: "。")


_PARTICLES = {"wa": "は", "o": "を", "wo": "を", "e": "へ"}
_VERB = re.compile("[a-z]{2,}(?:masu|mashita|masen|masuka|masenka|mashou|nakatta|desuka|kudasai)")
_SMALL = frozenset(
    re.findall(
        "[a-z]+",
        "to no ni ga wa wo o de made kara mo ka na ne yo you kami tama dame sa ha he e me i a an so mai kono sono "
        "ano ima are demo node kedo dake mada mou ato sore kore koko asa yoru kata ashi te mimi hana hara ue "
        "shita naka",
    )
)
"""Short Japanese words that other languages have too: they tell nothing."""


def _is_foreign(sentence: str, foreign: frozenset[str]) -> bool:
    words = _LATIN_WORD.findall(sentence)
    japanese = sum(map(_hints, words))
    return sum(word in foreign and not _hints(word) and word not in _SMALL for word in words) > japanese


def _counted(words: Sequence[str]) -> bool:
    """Whether ``words`` are a number and nothing else (san juu nana ten ichi)."""
    words = [word for word in words if word != "desu"]
    if len(words) < 2 or not all(word in _NUMBERS or _TENS.fullmatch(word) for word in words):
        return False
    return any(word in _SURE_NUMBERS or _TENS.fullmatch(word) for word in words)


@lru_cache(maxsize=5_000)
def _hints(word: str) -> bool:
    return word in _ROMAJI_HINTS or bool(_VERB.fullmatch(word) and _kana(word))


def _kana(word: str) -> str | None:
    word = _DOUBLED.sub(r"っ\1", word.replace("tch", "っch").replace("oh", "ou") if word.endswith("oh") else word)
    out, at = [], 0
    while at < len(word):
        if word[at] == "っ":
            out.append("っ")
            at += 1
            continue
        for size in (3, 2, 1):
            if syllable := _SYLLABLES.get(word[at : at + size]):
                out.append(syllable)
                at += size
                break
        else:
            return None
    return "".join(out)
