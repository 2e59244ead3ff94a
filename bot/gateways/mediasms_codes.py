"""What Media SMS says: codes of its answers and words of its results, turned into ours.

Source: names of the codes in the public client library mediasms-go (comvex-jp), which follows the provider's manual
("MediaSMS-CONSOLE API", "双方向API仕様書"); results come as a number or as the Japanese word, by the account's setting.
"""

from __future__ import annotations

import unicodedata

from bot.domain.messages import Outcome, Reason
from bot.domain.states import TextState

_ACCOUNT = (Outcome.RETRY, Reason.ACCOUNT)
_BUSY = (Outcome.RETRY, Reason.BUSY)
_BAD_TEXT = (Outcome.REJECTED, Reason.BAD_TEXT)
_BAD_SENDER = (Outcome.REJECTED, Reason.BAD_SENDER)

TAKEN = "200"
ALREADY_TAKEN = frozenset({"587", "624"})
"""The smsid was used before. Ours is the same at each attempt, so the earlier attempt arrived there."""
NEVER_ARRIVED = "514"

ANSWERS: dict[str, tuple[Outcome, Reason]] = {
    "401": _ACCOUNT,  # authentication
    "402": _ACCOUNT,  # the account's limit is reached
    "405": _ACCOUNT,  # method not allowed
    "503": _BUSY,  # too many requests a second from one address
    "550": _BUSY,  # failed to send
    "555": _ACCOUNT,  # our address is blocked
    "557": _ACCOUNT,  # our address is not allowed
    "560": (Outcome.REJECTED, Reason.NO_SUCH_NUMBER),
    "592": _BUSY,  # outside the hours in which the account may send
    "595": _ACCOUNT,  # two-way SMS is not in the contract
    "606": _ACCOUNT,  # the API is not in the contract
    "610": _ACCOUNT,  # HLR is not in the contract
    "615": _ACCOUNT,  # malformed
    "666": _ACCOUNT,  # our address is about to be blocked: the password was wrong several times
    **dict.fromkeys(("568", "569", "580", "598", "601", "602", "632"), _BAD_SENDER),
    **dict.fromkeys(("414", "570", "585", "586", "588", "589", "591", "633"), _BAD_TEXT),
    **dict.fromkeys(("618", "619", "620", "634"), _BAD_TEXT),  # too long for one of the carriers
}

_ON_ITS_WAY = (TextState.ACCEPTED, None)
_OTHER = (TextState.UNDELIVERED, Reason.OTHER)
_ABSENT = (TextState.UNDELIVERED, Reason.ABSENT)
_NETWORK = (TextState.UNDELIVERED, Reason.BUSY)
_DELIVERED = (TextState.DELIVERED, None)
_REFUSED = (TextState.UNDELIVERED, Reason.BLOCKED)
_FILTERED = (TextState.REJECTED, Reason.FILTERED)

_RESULTS: tuple[tuple[str, str, tuple[TextState, Reason | None]], ...] = (
    ("0", "失敗", _OTHER),
    ("1", "送信済", _DELIVERED),
    ("2", "送信中", _ON_ITS_WAY),
    ("3", "リダイレクト", _DELIVERED),  # the short address in the text was opened
    ("4", "未送信", _ON_ITS_WAY),
    ("5", "403", (TextState.UNDELIVERED, Reason.FILTERED)),  # the provider's list: unreachable ten times in a day
    ("7", "au圏外・OFF", _ABSENT),
    ("8", "au自NW障害", _NETWORK),
    ("9", "au他NW障害", _OTHER),  # no phone of this carrier, for example a SIM without SMS
    ("10", "au未払", _REFUSED),
    ("11", "処理中", _ON_ITS_WAY),
    ("12", "auその他失敗", _OTHER),
    ("13", "ドコモその他失敗", _OTHER),
    ("14", "ドコモ圏外・OFF", _ABSENT),
    ("15", "ドコモ自NW障害", _NETWORK),
    ("16", "ドコモ他NW障害", _OTHER),
    ("17", "無効", (TextState.REJECTED, Reason.NO_SUCH_NUMBER)),
    ("18", "ソフトバンクその他失敗", _OTHER),
    ("19", "ソフトバンク圏外・OFF", _ABSENT),
    ("20", "ソフトバンク自NW障害", _NETWORK),
    ("21", "ソフトバンク他NW障害", _OTHER),
    ("22", "ソフトバンク受信拒否", _REFUSED),
    ("23", "送信不可", (TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER)),  # not in use, a data SIM, or barred
    ("24", "送信前", _ON_ITS_WAY),
    ("25", "一時停止", _ON_ITS_WAY),
    ("27", "SMS送信許可時間外", (TextState.REJECTED, Reason.ACCOUNT)),
    ("28", "双方向SMS利用不可", (TextState.REJECTED, Reason.ACCOUNT)),
    ("29", "ドコモその他不明", (TextState.UNKNOWN, None)),
    ("30", "重複不可", (TextState.REJECTED, Reason.OTHER)),  # the same words to the same number within a minute
    ("31", "送信元重複", (TextState.REJECTED, Reason.BAD_SENDER)),
    ("32", "ドコモ一部受信", _OTHER),
    ("34", "キャンセル済", (TextState.REJECTED, Reason.OTHER)),
    ("35", "送信上限", (TextState.REJECTED, Reason.ACCOUNT)),
    ("36", "NGワード", _FILTERED),
    ("37", "配信停止希望", (TextState.REJECTED, Reason.OPTED_OUT)),
    ("38", "長文一部受信", _OTHER),
    ("39", "承認待ち", _ON_ITS_WAY),
    ("40", "Rakutenその他失敗", _OTHER),
    ("41", "Rakuten他NW障害", _OTHER),
    ("42", "Rakuten一部受信", _OTHER),
    ("43", "Rakuten圏外・OFF", _ABSENT),
)
RECEIVED = "26"
"""Not about a text of ours: a reply came in."""
_CARRIERS = ("au", "ドコモ", "ソフトバンク", "Rakuten")


def _folded(word: str) -> str:
    """Widths, spaces and case are written differently from place to place (``au 自 NW 障害``)."""
    return "".join(unicodedata.normalize("NFKC", word).split()).casefold()


_BY_WORD = {_folded(key): meaning for number, word, meaning in _RESULTS for key in (number, word)}
_WORDS = {number: word for number, word, _ in _RESULTS}


def meaning_of(result: str) -> tuple[TextState, Reason | None]:
    """Our state and reason; UNKNOWN for what nobody has seen."""
    return _BY_WORD.get(_folded(result), (TextState.UNKNOWN, None))


def carrier_of(result: str) -> str:
    """The phone company that the result names, "" where it names none."""
    word = _folded(_WORDS.get(result.strip(), result))
    return next((name for name in _CARRIERS if word.startswith(_folded(name))), "")
