"""What an export brings: results and replies, each row once, and a sentence for each row that cannot be read."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Parsed
from bot.domain.messages import Inbound, Reason, Receipt
from bot.domain.states import TextState
from bot.domain.text import DAMAGE
from bot.gateways.csvfolder_decode import plain, read_number, read_rows, read_time, too_long
from bot.gateways.csvfolder_words import REQUIRED_REPLY, REQUIRED_RESULT, columns_of, folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from bot.gateways.csvfolder_sign import Signer

_REFERENCE = re.compile(r"^[0-9A-Za-z]{1,40}$")
_OURS_OR_THEIRS = frozenset(map(folded, ("本文", "メッセージ", "message", "text")))
"""Beside results these columns hold what we sent, so they are no replies there."""
_LONGEST_WORD = 60
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ExportForm:
    """How an account's exports look; names of columns by what we call them, words by their folded form."""

    results: Mapping[str, Sequence[str]]
    replies: Mapping[str, Sequence[str]]
    states: Mapping[str, tuple[TextState, Reason | None]]
    encoding: str
    zone: ZoneInfo
    sender: str


class Fault(NamedTuple):
    """Why a row was not taken, or not wholly (``kept``); never what stands in it."""

    line: int
    ja: str
    en: str
    kept: bool = False


@dataclass
class Export:
    """One export, read. ``keys`` name its rows in the order of receipts and texts; ``unknown`` counts strange words."""

    encoding: str
    texts: list[Inbound] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    cut: int = 0

    def portions(self) -> list[Parsed]:
        """What to hand on, at most 500 rows at a time."""
        rows: list[Receipt | Inbound] = [*self.receipts, *self.texts]
        parts = [rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE)]
        return [
            Parsed(
                texts=tuple(row for row in part if isinstance(row, Inbound)),
                receipts=tuple(row for row in part if isinstance(row, Receipt)),
            )
            for part in parts
        ]


def read_export(data: bytes, form: ExportForm, signer: Signer) -> Export:
    """Read a whole file. Raises InvalidInput where it is no export: no text, no rows, or another header."""
    found = read_rows(data, form.encoding)
    if not found.rows:
        raise InvalidInput("行がありません。", "There are no rows.", field="file")
    line, header = found.rows[0]
    reader = _Reader(form, signer, header, line)
    for number, cells in found.rows[1:]:
        reader.row(number, cells)
    export = reader.export
    export.encoding, export.cut = found.encoding, found.cut
    export.faults += [_broken(number, cut=number == found.cut) for number in found.broken]
    export.faults.sort()
    export.keys = [*reader.result_keys, *reader.reply_keys]
    return export


class _Reader:
    def __init__(self, form: ExportForm, signer: Signer, header: list[str], line: int) -> None:
        self._form, self._signer, self._width = form, signer, len(header)
        self._results, self._replies = columns_of(header, form.results), columns_of(header, form.replies)
        self._has_results = all(name in self._results for name in REQUIRED_RESULT)
        self._has_replies = all(name in self._replies for name in REQUIRED_REPLY)
        if self._has_results and self._has_replies and folded(header[self._replies["text"]]) in _OURS_OR_THEIRS:
            self._has_replies = False
        if not (self._has_results or self._has_replies):
            raise _wrong_header(header, line, form, (self._results, self._replies))
        self._equal: Counter[str] = Counter()
        self.export = Export("")
        self.result_keys: list[str] = []
        self.reply_keys: list[str] = []

    def row(self, line: int, cells: list[str]) -> None:
        """Take one row; what is wrong with it becomes a fault."""
        while len(cells) > self._width and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) != self._width:
            self._fault(line, *_width(len(cells), self._width))
            return
        if too_long(cells):
            self._fault(
                line, 'セルが長すぎます。引用符(")の数を確かめてください。', "A cell is too long: quotation marks?"
            )
            return
        try:
            taken = self._result(line, cells) if self._has_results else False
            replied = self._reply(line, cells, needed=not taken) if self._has_replies else False
        except InvalidInput as error:
            self._fault(line, error.ja, error.en)
            return
        if not (taken or replied):
            self._fault(line, "管理番号も返信もありません。", "There is neither a reference nor a reply.")

    def _result(self, line: int, cells: list[str]) -> bool:
        reference = _cell(cells, self._results, "reference").strip().lstrip("'")
        word = _cell(cells, self._results, "state").strip()
        if not (reference and word) and self._has_replies:
            return False
        if not _REFERENCE.match(reference):
            raise InvalidInput(
                "管理番号が私たちのものではありません(空、またはExcelで書き換えられています)。",
                "The reference is not one of ours (empty, or rewritten by a spreadsheet).", field="reference",
            )  # fmt: skip
        if not word:
            raise InvalidInput("結果が空です。", "The result is empty.", field="state")
        state, reason = self._form.states.get(folded(word), (TextState.UNKNOWN, None))
        if folded(word) not in self._form.states:
            self.export.unknown[safe(word)] += 1
        code, at = _cell(cells, self._results, "code").strip(), _cell(cells, self._results, "at").strip()
        segments = _cell(cells, self._results, "segments").strip()
        moment = read_time(at, self._form.zone) if at else None
        if at and moment is None:
            self._fault(line, *_NO_TIME, kept=True)
        self.export.receipts.append(Receipt(
            reference, state, (code or word)[:_LONGEST_WORD], reference=reference, reason=reason, at=moment,
            segments=int(segments) if segments.isascii() and segments.isdecimal() and len(segments) < 4 else None,
            carrier=_cell(cells, self._results, "carrier").strip()[:40],
        ))  # fmt: skip
        self.result_keys.append(self._signer.row_id("result", reference, folded(word), code, at))
        return True

    def _reply(self, line: int, cells: list[str], *, needed: bool) -> bool:
        text, at = _cell(cells, self._replies, "text"), _cell(cells, self._replies, "at").strip()
        if not needed and not (text.strip() and at):  # a result whose columns for a reply are empty
            return False
        number = read_number(_cell(cells, self._replies, "number"))
        moment = read_time(at, self._form.zone)
        if moment is None:
            self._fault(line, *_NO_TIME, kept=True)
        given = _cell(cells, self._replies, "id").strip()[:80]
        words = text.replace("\r\n", "\n").replace("\r", "\n")
        cells_of = (
            ("id", number, given) if given else ("reply", number, moment.isoformat() if moment else at, _same(words))
        )
        name = self._signer.row_id(*cells_of)
        self._equal[name] += 1
        if given and self._equal[name] > 1:  # the vendor's own id twice in a file: one reply
            return True
        message_id = name if given else f"{name}-{self._equal[name]}"
        raw = "\x1f".join(cells).encode("utf-8", "surrogatepass")
        self.export.texts.append(
            Inbound(message_id, number, self._form.sender, words, raw, sent_at=moment, damaged=DAMAGE in words)
        )
        self.reply_keys.append(message_id)
        return True

    def _fault(self, line: int, ja: str, en: str, *, kept: bool = False) -> None:
        self.export.faults.append(Fault(line, ja, en, kept))


_TOO_LONG = ('セルが長すぎます。引用符(")の数を確かめてください。', "A cell is too long: quotation marks?")
_NO_TIME = (
    "日時を読めません。行は取り込み、取り込んだ時刻で扱います。",
    "The time cannot be read; the row is taken with the time of its taking.",
)


def safe(word: str) -> str:
    """A word of an export as it may be shown: what could be a number or a text is left out."""
    return word if len(word) <= 20 and sum(char.isdigit() for char in word) < 6 else "…"


_PAIRS = str.maketrans("〜−—‖", "~-―∥")
"""Signs of JIS for which the makers of CP932 and of Unicode's tables chose different characters (after NFKC)."""


def _same(words: str) -> str:
    """A reply as it is compared: exported again in another encoding, or with blanks at its end, it is the same."""
    return unicodedata.normalize("NFKC", words).translate(_PAIRS).strip()


def _cell(cells: list[str], places: Mapping[str, int], name: str) -> str:
    return plain(cells[places[name]]) if name in places else ""


def _width(got: int, wanted: int) -> tuple[str, str]:
    return f"列が{got}個あります。見出しは{wanted}個です。", f"The row has {got} columns, the header {wanted}."


def _broken(line: int, *, cut: bool) -> Fault:
    if cut:
        return Fault(
            line, 'この行の引用符(")が閉じていません。ファイルが途中で切れています。',
            "A quotation mark is not closed: the file is cut.",
        )  # fmt: skip
    return Fault(line, '引用符(")の使いかたがCSVではありません。', "Quotation marks are not those of a CSV.")


def _wrong_header(
    header: list[str], line: int, form: ExportForm, found: tuple[Mapping[str, int], Mapping[str, int]]
) -> InvalidInput:
    """What is missing, by the kind of export that the header resembles most, or by both."""
    kinds = [("結果", "results", REQUIRED_RESULT, form.results, found[0]),
             ("返信", "replies", REQUIRED_REPLY, form.replies, found[1])]  # fmt: skip
    ja, en = [], []
    for name_ja, name_en, required, names, there in kinds:
        missing = [names[name][0] if names.get(name) else name for name in required if name not in there]
        ja.append(f"{name_ja}には{'・'.join(f'「{word}」' for word in missing)}が足りません")
        en.append(f"{name_en} lack {', '.join(missing)}")
    shown = "・".join(f"「{safe(cell.strip())}」" for cell in header[:20])
    return InvalidInput(
        f"{line}行目の見出しが設定と違います。{'。'.join(ja)}。ファイルにあるもの: {shown}。"
        "事業者の書き出しの設定か、アカウントの results・replies を直してください。",
        f"Line {line}: another header than in the settings; {'; '.join(en)}. The file has: {shown}.",
        field="header",
    )
