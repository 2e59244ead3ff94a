"""A text as the fields of one or more submit_sm (SMPP 3.4, 4.4; user data header: 3GPP TS 23.040, 9.2.3.24)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from smpplib import consts

from bot.gateways.smpp_alphabets import Alphabet, alphabet_for, pack

if TYPE_CHECKING:
    from bot.domain.messages import Outbound
    from bot.gateways.smpp_account import SmppAccount

_MOST_PARTS = 255
_HEADERS = {"udh8": 6, "udh16": 7, "sar": 6}
"""Octets that the header of a part takes; with sar the SMSC makes it, and a reference below 256 fits into six."""

Fields = dict[str, Any]


def cut(text: Outbound, account: SmppAccount, reference: int) -> list[Fields]:
    """The PDUs of one text in their order; raises UnicodeEncodeError where the road has no such characters.

    ``reference`` (16 bits) joins the parts of this text on the phone.
    """
    same = _addresses(text, account)
    alphabet = alphabet_for(text.text, account)
    whole = alphabet.encode(text.text)
    if len(whole) <= alphabet.room(0):
        return [{**same, "data_coding": alphabet.data_coding, "short_message": _octets(whole, alphabet)}]
    if account.long == "payload":
        return [{**same, "data_coding": alphabet.data_coding, "message_payload": _octets(whole, alphabet)}]
    header = _HEADERS[account.long]
    pieces = _pieces(text.text, alphabet, alphabet.room(header))
    if len(pieces) > _MOST_PARTS:
        raise UnicodeEncodeError("sms", text.text, 0, len(text.text), "too long for 255 parts")
    same["data_coding"] = alphabet.data_coding
    return [
        {**same, **_part(_octets(piece, alphabet, header), account.long, reference, number, len(pieces))}
        for number, piece in enumerate(pieces, start=1)
    ]


def _pieces(text: str, alphabet: Alphabet, room: int) -> list[bytes]:
    """Pieces that fit, cut between characters: never within a surrogate pair or after an escape."""
    pieces, begun = [], ""
    for char in text:
        if len(alphabet.encode(begun + char)) > room:
            pieces.append(alphabet.encode(begun))
            begun = ""
        begun += char
    return [*pieces, alphabet.encode(begun)]


def _octets(encoded: bytes, alphabet: Alphabet, header: int = 0) -> bytes:
    return pack(encoded, header) if alphabet.packed else encoded


def _part(octets: bytes, how: str, reference: int, number: int, total: int) -> Fields:
    if how == "sar":
        return {
            "short_message": octets, "sar_msg_ref_num": reference & 0xFF, "sar_total_segments": total,
            "sar_segment_seqnum": number,
        }  # fmt: skip
    if how == "udh16":
        header = bytes([6, consts.SMPP_UDHIEIE_CONCATENATED16, 4, reference >> 8 & 0xFF, reference & 0xFF])
    else:
        header = bytes([5, consts.SMPP_UDHIEIE_CONCATENATED, 3, reference & 0xFF])
    return {"short_message": header + bytes([total, number]) + octets, "esm_class": consts.SMPP_GSMFEAT_UDHI}


def _addresses(text: Outbound, account: SmppAccount) -> Fields:
    ton, npi = _our_type(account.sender)
    recipient = text.recipient.removeprefix("+")
    if account.dest_format == "national" and recipient.startswith("81"):
        recipient = "0" + recipient.removeprefix("81")
    return {
        "service_type": account.service_type,
        "source_addr_ton": ton if account.source_ton is None else account.source_ton,
        "source_addr_npi": npi if account.source_npi is None else account.source_npi,
        "source_addr": account.sender.removeprefix("+"),
        "dest_addr_ton": account.dest_ton,
        "dest_addr_npi": account.dest_npi,
        "destination_addr": recipient,
        "registered_delivery": consts.SMPP_SMSC_DELIVERY_RECEIPT_BOTH,
        **({"validity_period": _absolute(text.expires_at)} if text.expires_at and account.expiry else {}),
    }


def _absolute(moment: datetime) -> str:
    """A time as SMPP 3.4 writes it (7.1.1), in UTC: tenths of a second and the difference to UTC are 0."""
    return f"{moment.astimezone(UTC):%y%m%d%H%M%S}000+"


def _our_type(sender: str) -> tuple[int, int]:
    """Type and plan of our number by what it looks like: international, a name, or a number of this network."""
    if sender.startswith("+"):
        return consts.SMPP_TON_INTL, consts.SMPP_NPI_ISDN
    if not sender.isdecimal():
        return consts.SMPP_TON_ALNUM, consts.SMPP_NPI_UNK
    return consts.SMPP_TON_UNK, consts.SMPP_NPI_ISDN
