"""Names of columns and words of states in a vendor's export, as they stand before an operator writes better ones."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bot.domain.errors import SettingsError
from bot.domain.messages import Reason
from bot.domain.states import TextState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESULT_COLUMNS: dict[str, tuple[str, ...]] = {
    "reference": ("管理番号", "管理ID", "顧客管理番号", "reference"),
    "state": ("送信結果", "配信結果", "結果", "ステータス", "状態", "status", "result"),
    "code": ("結果コード", "エラーコード", "code", "error code"),
    "at": ("結果日時", "配信日時", "送信日時", "delivered at", "sent at"),
    "carrier": ("キャリア", "携帯会社", "carrier"),
    "segments": ("通数", "課金通数", "segments"),
}
"""Columns of a result; ``reference`` and ``state`` must be there."""

REPLY_COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("返信元番号", "発信元番号", "送信元番号", "返信者", "携帯電話番号", "電話番号", "from", "phone"),
    "text": ("返信本文", "受信本文", "返信内容", "受信内容", "メッセージ", "本文", "reply", "message", "text"),
    "at": ("返信日時", "受信日時", "受信時刻", "received at", "replied at"),
    "id": ("返信ID", "受信ID", "reply id", "message id"),
}
"""Columns of a reply; ``number``, ``text`` and ``at`` must be there."""

REQUIRED_RESULT = ("reference", "state")
REQUIRED_REPLY = ("number", "text", "at")

STATES: dict[str, str] = {
    "送達": "delivered", "送達済": "delivered", "送達済み": "delivered", "到達": "delivered", "着信済": "delivered",
    "着信済み": "delivered", "配達済み": "delivered", "delivered": "delivered",
    "送信済": "accepted", "送信済み": "accepted", "送信中": "accepted", "配信中": "accepted", "受付": "accepted",
    "受付済み": "accepted", "accepted": "accepted", "sent": "accepted", "pending": "accepted",
    "不達": "undelivered", "未達": "undelivered", "送達不可": "undelivered", "undelivered": "undelivered",
    "圏外": "undelivered absent", "電源断": "undelivered absent", "圏外・電源断": "undelivered absent",
    "受信拒否": "undelivered blocked", "着信拒否": "undelivered blocked", "blocked": "undelivered blocked",
    "番号なし": "undelivered no_such_number", "欠番": "undelivered no_such_number",
    "無効な番号": "undelivered no_such_number", "番号誤り": "undelivered no_such_number",
    "期限切れ": "expired expired", "expired": "expired expired", "rejected": "rejected", "拒否": "rejected",
}  # fmt: skip
"""Words of results; a word that is in no list is *unknown*. None of them is a certain vendor's."""

_SPACE = re.compile(r"[\s_]+")


def folded(name: str) -> str:
    """A column's or state's name as it is compared: without width, case, blanks and quotation marks."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", name)).strip("'\"").casefold()


def columns_of(header: Sequence[str], names: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Where each column stands; of several names the first that is there counts."""
    places = {folded(cell): number for number, cell in reversed(list(enumerate(header)))}
    found = {name: [places[folded(word)] for word in words if folded(word) in places] for name, words in names.items()}
    return {name: there[0] for name, there in found.items() if there}


def read_states(words: Mapping[str, str]) -> dict[str, tuple[TextState, Reason | None]]:
    """State (and reason) of each word, by its folded form; raises SettingsError naming a wrong one."""
    read: dict[str, tuple[TextState, Reason | None]] = {}
    for word, meaning in {**STATES, **words}.items():
        state, _, reason = meaning.partition(" ")
        try:
            read[folded(word)] = TextState(state), Reason(reason) if reason else None
        except ValueError:
            raise SettingsError(
                f"statesの「{word}」: {meaning} は「状態 理由」の形ではありません(例 undelivered absent)。",
                f"states: {meaning} is no state with a reason (for example: undelivered absent).", field="states",
            ) from None  # fmt: skip
    return read
