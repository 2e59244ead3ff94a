"""Cells of the files that go out: number formats, characters, and what a spreadsheet must not take for a formula."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.messages import Reason
from bot.domain.text import is_clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLACEHOLDERS = ("{number}", "{text}", "{reference}", "{sender}")
NEEDED = ("{number}", "{text}", "{reference}")
_FORMULA = frozenset("=+-@＝＋－＠−")
_BLANK = " \u3000\u00a0\u200b\u2060\ufeff"
# CP932 has these characters under another name than the JIS tables of other systems; the bytes are the same.
_CP932 = str.maketrans({"〜": "～", "−": "－", "‖": "∥", "—": "―", "¢": "￠", "£": "￡", "¬": "￢"})
_JAPAN = re.compile(r"^\+81([1-9]\d{8,9})$")
_UNWRITABLE = "〓"

PRESETS: dict[str, tuple[bool, tuple[tuple[str, str], ...]]] = {
    "japanese": (True, (("携帯電話番号", "{number}"), ("本文", "{text}"), ("管理番号", "{reference}"))),
    "english": (True, (("to", "{number}"), ("text", "{text}"), ("reference", "{reference}"))),
    "bare": (False, (("", "{number}"), ("", "{text}"), ("", "{reference}"))),
}
"""Plain layouts of our own, no vendor's: (whether the first line names the columns, (title, content) of each)."""


class BadRow(Exception):
    """A text that this file cannot carry; ``reason`` and ``code`` are those of its rejection."""

    def __init__(self, reason: Reason, code: str) -> None:
        super().__init__(code)
        self.reason, self.code = reason, code


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written. ``encoding`` is Python's name, ``newline`` the end of a row."""

    columns: tuple[tuple[str, str], ...]
    header: bool
    encoding: str
    newline: str
    delimiter: str
    line_break: str
    number: str
    guard: str
    sender: str

    def file(self, texts: Sequence[Mapping[str, str]]) -> bytes:
        """The whole file; each text has ``reference``, ``recipient`` and ``text``. What the encoding lacks is 〓."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator=self.newline, quoting=csv.QUOTE_ALL)
        if self.header:
            writer.writerow([title for title, _ in self.columns])
        for text in texts:
            writer.writerow(self.row(text["reference"], text["recipient"], text["text"])[0])
        return self._encoded(out.getvalue())

    def row(self, reference: str, recipient: str, text: str) -> tuple[list[str], bool]:
        """The cells of one text, and whether the guard had to be put before it; raises BadRow."""
        words = text.replace("\r\n", "\n").replace("\r", "\n")
        if not is_clean(words):
            raise BadRow(Reason.BAD_TEXT, "control_character")
        guarded = is_formula(words)
        if guarded and not self.guard:
            raise BadRow(Reason.BAD_TEXT, "formula")
        words = (self.guard if guarded else "") + words.replace("\n", self.line_break)
        values = {
            "{number}": as_dialled(recipient, self.number), "{text}": words, "{reference}": reference,
            "{sender}": as_dialled(self.sender, self.number) if _JAPAN.match(self.sender) else self.sender,
        }  # fmt: skip
        return [values.get(content, content) for _, content in self.columns], guarded

    def check(self, text: str) -> None:
        """Raises BadRow where the encoding lacks a character of ``text``."""
        if self.lacking(text):
            raise BadRow(Reason.BAD_TEXT, "encoding")

    def lacking(self, text: str) -> str:
        """The characters of ``text`` that the encoding does not have."""
        return "".join(char for char in self._mapped(text) if not _has(self.encoding, char))

    def _mapped(self, text: str) -> str:
        return text.translate(_CP932) if self.encoding == "cp932" else text

    def _encoded(self, whole: str) -> bytes:
        mapped = self._mapped(whole)
        try:
            return mapped.encode(self.encoding)
        except UnicodeEncodeError:  # the settings changed after the text was taken: better a mark than no text
            return "".join(c if _has(self.encoding, c) else _UNWRITABLE for c in mapped).encode(self.encoding)


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet might calculate the cell, or split it, when somebody opens the file.

    Excel, LibreOffice and Google Sheets take a cell for a formula that begins with = + - or @ (OWASP, "CSV
    Injection"); the same in full width is held to be no better. Quotation marks do not help: reading removes them.
    """
    bare = cell.lstrip(_BLANK)
    return cell[:1] in {"\t", "\n"} or bare[:1] in _FORMULA or bare[:1] in {"\t", "\n"}


def as_dialled(e164: str, form: str) -> str:
    """A number as the vendor wants it: ``090`` (national), ``090-`` (with hyphens), ``81`` or ``+81``.

    Raises BadRow for a number outside Japan where the form is a national one.
    """
    if form == "+81":
        return e164
    if form == "81":
        return e164.removeprefix("+")
    found = _JAPAN.match(e164)
    if not found:
        raise BadRow(Reason.NO_SUCH_NUMBER, "not_in_japan")
    digits = f"0{found[1]}"
    return digits if form == "090" else f"{digits[:3]}-{digits[3:-4]}-{digits[-4:]}"


def _has(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
