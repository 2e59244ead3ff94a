"""From the bytes of an export to its rows: encoding, separators, quoted new lines, and where each row begins."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import phonenumbers

from bot.domain.errors import InvalidInput
from bot.domain.phone import parse_phone

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What Python gives for single bytes that CP932 leaves undefined (A0, FD, FE, FF).
_NO_CHARACTER = dict.fromkeys(range(0xF8F0, 0xF8F4), "\ufffd")
_EXCEL_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)
_SCIENTIFIC = re.compile(r"^\d(\.\d+)?E\+?\d+$", re.IGNORECASE)
_LOST_ZERO = re.compile(r"^[6789]0\d{8}$")
_JAPAN = re.compile(r"^(?:00|010)?81([6789]0\d{8})$")
_TIMES = (
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M",
    "%Y年%m月%d日 %H時%M分%S秒", "%Y年%m月%d日 %H時%M分", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M",
)  # fmt: skip
_LONGEST_CELL = 20_000


@dataclass
class Rows:
    """``rows``: (line, cells) with the header first; ``broken``: lines that are no CSV; ``cut``: the end is missing."""

    encoding: str
    damaged: bool
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    cut: int = 0


def decode(data: bytes, encoding: str) -> tuple[str, str, bool]:
    """Text, encoding and whether characters could not be read; ``auto`` looks for marks, then UTF-8, then CP932.

    Raises InvalidInput for what is no text at all.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace"), name, "\ufffd" in data.decode(name, "replace")
    if data.startswith(b"PK\x03\x04") or b"\0" in data[:4096]:
        raise InvalidInput(
            "CSVではありません(Excelのブックなど)。事業者の画面からCSVのまま書き出してください。",
            "This is no CSV (a workbook?). Export it from the vendor's screen as CSV.", field="file",
        )  # fmt: skip
    names = ("utf-8", "cp932") if encoding == "auto" else (encoding,)
    for name in names:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        read = text.translate(_NO_CHARACTER) if name == "cp932" else text
        return read, name, read != text
    best = min(names, key=lambda name: data.decode(name, "replace").count("\ufffd"))
    return data.decode(best, "replace"), best, True


def read_rows(data: bytes, encoding: str = "auto", delimiter: str = "") -> Rows:
    """The rows of an export; ``delimiter`` "" looks at the first line. Blank lines are left out. As ``decode``."""
    text, name, damaged = decode(data, encoding)
    found = Rows(name, damaged)
    first = next((line for line in text.splitlines() if line.strip()), "")
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # the whole process has one: only ever raised
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _likely(first), strict=True)
    for line, cells in _records(reader, found):
        if any(cell.strip() for cell in cells):
            found.rows.append((line, cells))
    return found


def _records(reader: Iterator[list[str]], found: Rows) -> Iterator[tuple[int, list[str]]]:
    """Records with the line on which each begins; one that is no CSV is noted, and the next line begins anew."""
    while True:
        line = reader.line_num + 1  # type: ignore[attr-defined]  # csv's reader has it, its type does not say so
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                found.cut = line
            found.broken.append(line)
            continue
        yield line, cells


def _likely(first: str) -> str:
    return max(",\t;", key=first.count)


def plain(cell: str) -> str:
    """A cell as it was meant: ``="090…"``, which keeps a spreadsheet from calculating, is unwrapped."""
    found = _EXCEL_TEXT.match(cell.strip())
    return found[1].replace('""', '"') if found else cell


def read_number(cell: str) -> str:
    """A telephone number as E.164; raises InvalidInput, saying what a spreadsheet has done to it.

    A mobile number whose first zero a spreadsheet dropped gets it back: eleven digits from 060 to 090 are meant.
    """
    text = unicodedata.normalize("NFKC", plain(cell)).strip().lstrip("'")
    digits = re.sub(r"[\s()\-‐-―−.]", "", text)
    if _SCIENTIFIC.match(text):
        raise InvalidInput(
            "電話番号がExcelで書き換えられています(9.01E+10 など)。開かずに書き出し直してください。",
            "A spreadsheet has rewritten the number (9.01E+10). Export it again without opening it.", field="number",
        )  # fmt: skip
    if found := _JAPAN.match(digits):
        digits = f"+81{found[1]}"
    elif _LOST_ZERO.match(digits):
        digits = f"0{digits}"
    if not re.fullmatch(r"\+?\d{3,15}", digits):
        raise InvalidInput("電話番号として読めません。", "This is no telephone number.", field="number")
    try:
        return parse_phone(digits)
    except (InvalidInput, phonenumbers.NumberParseException):
        raise InvalidInput("電話番号として読めません。", "This is no telephone number.", field="number") from None


def read_time(cell: str, zone: ZoneInfo) -> datetime | None:
    """A moment of the export's zone; None where it is in no form that is known."""
    text = " ".join(unicodedata.normalize("NFKC", plain(cell)).strip().lstrip("'").split())
    for form in _TIMES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=zone)
        except ValueError:
            continue
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def too_long(cells: list[str]) -> bool:
    """Whether a cell is longer than any text: quotation marks that swallowed rows, or no export at all."""
    return any(len(cell) > _LONGEST_CELL for cell in cells)
