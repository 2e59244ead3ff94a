"""A deliver_sm as a text or a receipt (SMPP 3.4, 4.6, 5.2.12 and appendix B)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from smpplib import consts

from bot.domain.messages import Inbound, Part, Reason, Receipt
from bot.gateways.smpp_alphabets import decode_text
from bot.gateways.smpp_terms import (
    ReceiptText,
    carrier_time,
    final_state,
    international,
    part_of,
    read_receipt_text,
)

if TYPE_CHECKING:
    from bot.gateways.smpp_account import Ids, SmppAccount
    from bot.gateways.smpp_pdu import Pdu

_KIND_BITS, _RECEIPT, _NOTIFICATION = 0x3C, 0x04, 0x20

STATES = {
    1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD",
    0: "SCHEDLD", 9: "SKIPPED",
}  # fmt: skip
"""message_state (SMPP 3.4, 5.2.28; 0 and 9 came with 5.0) as the words of a receipt's text."""

_GSM_NETWORK = 3
_MAP_ERRORS = {
    1: Reason.NO_SUCH_NUMBER,  # unknown subscriber
    5: Reason.NO_SUCH_NUMBER,  # unidentified subscriber
    6: Reason.ABSENT,  # absent subscriber (SM)
    9: Reason.BLOCKED,  # illegal subscriber
    11: Reason.BLOCKED,  # teleservice not provisioned
    13: Reason.BLOCKED,  # call barred
    27: Reason.ABSENT,  # absent subscriber
    31: Reason.ABSENT,  # subscriber busy for MT-SMS
    33: Reason.ABSENT,  # message waiting list full
}
"""network_error_code of a GSM network (SMPP 3.4, 5.3.2.31): the MAP user errors of 3GPP TS 29.002."""


class NoReceipt(Exception):
    """It says that it is a receipt, but not of what."""


def read_deliver(pdu: Pdu, account: SmppAccount) -> Inbound | Receipt:
    """What a deliver_sm brings; raises NoReceipt."""
    receipt = _as_receipt(pdu, account)
    return _as_text(pdu, account) if receipt is None else receipt


def canonical_id(given: str, how: Ids) -> str:
    """An id in the one form in which both sides are compared: as it is, or as a decimal number."""
    try:
        return given if how == "text" else str(int(given, 16 if how == "hex" else 10))
    except ValueError:
        return given


def _content(pdu: Pdu) -> bytes:
    return bytes(pdu.fields.get("short_message") or b"") or pdu.tag("message_payload") or b""


# receipts


def _as_receipt(pdu: Pdu, account: SmppAccount) -> Receipt | None:
    kind = pdu.number("esm_class") & _KIND_BITS
    tagged = pdu.tag("receipted_message_id") is not None and pdu.tag("message_state") is not None
    marked = bool(kind & _RECEIPT) or bool(kind & _NOTIFICATION) or tagged
    if not marked and not account.receipts_by_text:
        return None
    told = read_receipt_text(_words(pdu))
    name = _receipted_id(pdu, told, account)
    word = STATES.get(int.from_bytes(pdu.tag("message_state") or b"\xff"), "") or told.stat
    if not name or not word:
        if marked:
            raise NoReceipt
        return None
    return _receipt(pdu, name, word, told, account)


def _words(pdu: Pdu) -> str:
    """The text of a receipt: ASCII whatever the default alphabet is, or UCS-2."""
    ucs2 = pdu.number("data_coding") == consts.SMPP_ENCODING_ISO10646
    return _content(pdu).decode("utf-16-be" if ucs2 else "latin-1", "replace")


def _receipted_id(pdu: Pdu, told: ReceiptText, account: SmppAccount) -> str:
    tag = (pdu.tag("receipted_message_id") or b"").rstrip(b"\0").decode("latin-1").strip()
    return canonical_id(tag, account.tag_ids) if tag else canonical_id(told.message_id, account.receipt_ids)


def _receipt(pdu: Pdu, name: str, word: str, told: ReceiptText, account: SmppAccount) -> Receipt:
    network = pdu.tag("network_error_code") or b""
    state, reason = final_state(word, told.err, account.errors)
    if reason is Reason.OTHER and len(network) == 3 and network[0] == _GSM_NETWORK:
        reason = _MAP_ERRORS.get(int.from_bytes(network[1:]), reason)
    err = told.err if told.err.strip("0") else ""
    code = f"{network[0]}/{int.from_bytes(network[1:3])}" if network else ""
    at = carrier_time(told.done, ZoneInfo(account.zone))
    return Receipt(name, state, " ".join(filter(None, (word, err, code))), reason=reason, at=at)


# texts


def _as_text(pdu: Pdu, account: SmppAccount) -> Inbound:
    content, header, part, damaged = _content(pdu), 0, _sar(pdu), pdu.torn
    if pdu.number("esm_class") & consts.SMPP_GSMFEAT_UDHI:
        header, own, broken = _header(content)
        part, damaged = own or part, damaged or broken
    text, unread = decode_text(content[header:], pdu.number("data_coding"), account, header=header)
    return Inbound(
        _given_id(pdu, account),
        _address(pdu.text("source_addr"), pdu.number("source_addr_ton")),
        _address(pdu.text("destination_addr"), pdu.number("dest_addr_ton")),
        text, pdu.raw, part if part and part.total > 1 else None, damaged=damaged or unread,
    )  # fmt: skip


def _given_id(pdu: Pdu, account: SmppAccount) -> str:
    """deliver_sm has no id of its own; some SMSCs give one in an optional parameter."""
    for tag in account.inbound_id_tags:
        if given := pdu.tags.get(tag, b"").rstrip(b"\0").decode("latin-1").strip():
            return given
    return ""


def _address(number: str, ton: int) -> str:
    """International digits with their plus, all else as it is."""
    number = number.strip()
    if ton == consts.SMPP_TON_INTL and number.isdecimal():
        return f"+{number.removeprefix('00')}"
    return international(number)


def _sar(pdu: Pdu) -> Part | None:
    tags = [pdu.tag(name) for name in ("sar_msg_ref_num", "sar_segment_seqnum", "sar_total_segments")]
    reference, number, total = (tag or b"" for tag in tags)
    place = int.from_bytes(number), int.from_bytes(total)
    return Part(reference.hex(), *place) if 1 <= place[0] <= place[1] else None


def _header(content: bytes) -> tuple[int, Part | None, bool]:
    """Length of the user data header with its length octet, the part that it tells of, and whether it is broken."""
    length = content[0] + 1 if content else 0
    if not 1 <= length <= len(content):
        return 0, None, True
    return length, part_of(content[:length]), False
