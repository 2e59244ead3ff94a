"""Characters of texts as octets and back, by data_coding (SMPP 3.4, 5.2.19) and alphabet (3GPP TS 23.038).

smpplib's own GSM-7 table is not used: it turns a grave accent into a section sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smpplib import consts

from bot.domain.text import DAMAGE

if TYPE_CHECKING:
    from bot.gateways.smpp_account import SmppAccount

_MOST_OCTETS = 140
"""Octets of a text on the air, its header included."""

_ESCAPE = 0x1B
_GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
_SEPTETS = {char: bytes([code]) for code, char in enumerate(_GSM7) if code != _ESCAPE} | {
    char: bytes([_ESCAPE, code]) for code, char in _EXTENDED.items()
}
_CODECS = {
    consts.SMPP_ENCODING_IA5: "ascii",
    consts.SMPP_ENCODING_ISO88591: "latin-1",
    consts.SMPP_ENCODING_JIS: "cp932",  # read as Shift_JIS; where an SMSC means another form of JIS: inbound_codings
    consts.SMPP_ENCODING_ISO88595: "iso8859-5",
    consts.SMPP_ENCODING_ISO88598: "iso8859-8",
    consts.SMPP_ENCODING_ISO2022JP: "iso2022_jp",
    consts.SMPP_ENCODING_EXTJIS: "iso2022_jp_1",
    consts.SMPP_ENCODING_KSC5601: "cp949",
}
_UCS2, _DEFAULT = consts.SMPP_ENCODING_ISO10646, consts.SMPP_ENCODING_DEFAULT


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A way of writing texts: ``encode`` gives what is counted, ``units`` of which fit into 140 octets less a header.

    ``packed``: what is counted are septets, packed only when all is put together.
    """

    data_coding: int
    encode: Callable[[str], bytes]
    septets: bool = False
    packed: bool = False

    def room(self, header: int) -> int:
        """How much fits beside a header of so many octets."""
        octets = _MOST_OCTETS - header
        if self.septets:
            return octets * 8 // 7
        return octets - octets % 2 if self.data_coding == _UCS2 else octets


def alphabet_for(text: str, account: SmppAccount) -> Alphabet:
    """How a text is written on this road; ``encode`` may still raise UnicodeEncodeError."""
    if account.gsm7 != "off" and all(char in _SEPTETS for char in text):
        return Alphabet(_DEFAULT, encode_gsm7, septets=True, packed=account.gsm7 == "packed")
    if account.charset in {"shift_jis", "cp932"}:
        return Alphabet(_coding(account, consts.SMPP_ENCODING_JIS), lambda piece: piece.encode("cp932"))
    if account.charset == "iso-2022-jp":
        return Alphabet(_coding(account, consts.SMPP_ENCODING_ISO2022JP), lambda piece: piece.encode("iso2022_jp"))
    if account.charset == "gsm-7":
        return Alphabet(_DEFAULT, encode_gsm7, septets=True, packed=account.gsm7 == "packed")
    return Alphabet(_UCS2, lambda piece: piece.encode("utf-16-be"))


def _coding(account: SmppAccount, usual: int) -> int:
    return usual if account.data_coding is None else account.data_coding


def encode_gsm7(text: str) -> bytes:
    """A septet in each octet; raises UnicodeEncodeError."""
    try:
        return b"".join(_SEPTETS[char] for char in text)
    except KeyError:
        raise UnicodeEncodeError("gsm-7", text, 0, len(text), "not in the alphabet") from None


def decode_gsm7(septets: bytes) -> tuple[str, bool]:
    """The text, and whether something in it could not be read."""
    found, codes = [], iter(septets)
    for code in codes:
        if code == _ESCAPE:
            found.append(_EXTENDED.get(next(codes, _ESCAPE), DAMAGE))
        else:
            found.append(_GSM7[code] if code < len(_GSM7) else DAMAGE)
    return "".join(found), DAMAGE in found


def pack(septets: bytes, header: int = 0) -> bytes:
    """Seven bits each, after a header of so many octets (3GPP TS 23.038, 6.1.2; a last CR fills a whole septet)."""
    fill = -header * 8 % 7
    if (fill + len(septets) * 7) % 8 == 1:
        septets += b"\r"
    bits = sum(code << (fill + 7 * place) for place, code in enumerate(septets))
    return bits.to_bytes((fill + len(septets) * 7 + 7) // 8, "little")


def unpack(octets: bytes, header: int = 0) -> bytes:
    """What ``pack`` made."""
    fill = -header * 8 % 7
    bits, count = int.from_bytes(octets, "little") >> fill, (len(octets) * 8 - fill) // 7
    septets = bytes(bits >> (7 * place) & 0x7F for place in range(count))
    whole = (len(octets) * 8 - fill) % 7 == 0
    return septets[:-1] if whole and septets.endswith((b"\r", b"\0")) else septets


def decode_text(data: bytes, data_coding: int, account: SmppAccount, *, header: int = 0) -> tuple[str, bool]:
    """The text in octets that stand after a header of so many, and whether something in it could not be read.

    A character that a phone cut in two is left as its halves (lone surrogates) at the ends, for whoever joins parts.
    """
    if name := account.inbound_codings.get(data_coding):
        return _by_codec(data, name)
    known, data_coding = _alphabet_of(data_coding)
    if data_coding == _UCS2:
        text = data[: len(data) // 2 * 2].decode("utf-16-be", "surrogatepass")
        return (text, not known) if len(data) % 2 == 0 else (text + DAMAGE, True)
    if data_coding in _CODECS:
        text, damaged = _by_codec(data, _CODECS[data_coding])
    elif account.default_alphabet == "gsm-7":
        text, damaged = decode_gsm7(unpack(data, header) if account.gsm7 == "packed" else data)
    else:
        text, damaged = _by_codec(data, account.default_alphabet)
    return text, damaged or not known


def _alphabet_of(data_coding: int) -> tuple[bool, int]:
    """Whether a data_coding says what the text is written in, and in what.

    Values that SMPP does not list are the GSM message classes of 3GPP TS 23.038, 4.
    """
    if data_coding in {_DEFAULT, _UCS2} or data_coding in _CODECS:
        return True, data_coding
    if data_coding >= 0xF0:
        return not data_coding & 4, _DEFAULT
    if 0x10 <= data_coding < 0x40:
        return data_coding & 0x0C in {0, 8}, _UCS2 if data_coding & 0x0C == 8 else _DEFAULT
    return False, _DEFAULT


def _by_codec(data: bytes, name: str) -> tuple[str, bool]:
    try:
        return data.decode(name), False
    except UnicodeDecodeError:
        return data.decode(name, "replace"), True
