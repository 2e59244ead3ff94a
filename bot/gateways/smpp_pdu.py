"""PDUs of SMPP 3.4 as octets and back, by smpplib's commands.

What smpplib's reading gets wrong in the field is read here instead: optional parameters that a command does not list
or that the vendor invented, ids without their NUL, strings that never end (SMPP 3.4, 3.2.4 and 4.8.1).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smpplib import command_codes, exceptions, smpp
from smpplib.command import BindTransceiverResp, DeliverSM, SubmitSMResp
from smpplib.consts import OPTIONAL_PARAMS, SMPP_ESME_RINVCMDID, SMPP_ESME_RINVCMDLEN, SMPP_ESME_ROK

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = 16
LONGEST = 70_000
"""Octets of a PDU: a message_payload has 65,535 at most. Anything longer is no PDU."""

RESPONSE = 0x8000_0000
TAGS: Mapping[str, int] = OPTIONAL_PARAMS


class BrokenPdu(Exception):
    """Octets that are no PDU; ``status`` is what to answer, ``sequence`` of what, ``command`` its name if known."""

    def __init__(self, status: int, code: int = 0, sequence: int = 0, command: str = "") -> None:
        super().__init__(f"0x{status:08X}")
        self.status = status
        self.sequence = sequence
        self.command = command
        self.is_response = bool(code & RESPONSE)


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU. ``tags`` are its optional parameters by number; ``torn`` says that the last one is incomplete."""

    command: str
    status: int
    sequence: int
    raw: bytes
    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[int, bytes] = field(default_factory=dict)
    torn: bool = False

    def text(self, name: str) -> str:
        """A mandatory string, "" where there is none."""
        return bytes(self.fields.get(name) or b"").decode("latin-1")

    def number(self, name: str) -> int:
        return int(self.fields.get(name) or 0)

    def tag(self, name: str) -> bytes | None:
        return self.tags.get(TAGS[name])


class _Strict:
    """Beside smpplib's classes: optional parameters are kept as they are, and a string must end."""

    tags: Mapping[int, bytes] = {}
    torn = False

    def parse_optional_params(self, data: bytes) -> None:
        self.tags, self.torn = _read_tags(data)

    def _parse_string(self, name: str, data: bytes, pos: int) -> tuple[bytes, int]:
        end = data.index(b"\0", pos)
        setattr(self, name, data[pos:end])
        return data, end + 1


class _DeliverSM(_Strict, DeliverSM):  # type: ignore[misc]  # smpplib has no types
    """A text or a receipt."""


class _SubmitSMResp(_Strict, SubmitSMResp):  # type: ignore[misc]  # as above
    """The answer to a text."""


class _BindResp(_Strict, BindTransceiverResp):  # type: ignore[misc]  # as above
    """The answer to any bind."""


_BODIES: Mapping[str, Any] = {
    "deliver_sm": _DeliverSM, "submit_sm_resp": _SubmitSMResp, "bind_transceiver_resp": _BindResp,
    "bind_transmitter_resp": _BindResp, "bind_receiver_resp": _BindResp,
}  # fmt: skip


def encode(command: str, sequence: int, status: int = SMPP_ESME_ROK, **fields: object) -> bytes:
    """The octets of a PDU."""
    pdu = smpp.make_pdu(command, sequence=sequence)
    for name, value in {"sequence": sequence, "status": status, **fields}.items():
        setattr(pdu, name, value)
    return bytes(pdu.generate())


def decode(raw: bytes) -> Pdu:
    """The PDU in whole octets; raises BrokenPdu."""
    _, code, status, sequence = struct.unpack(">LLLL", raw[:HEADER])
    try:
        command = command_codes.get_command_name(code)
    except exceptions.UnknownCommandError:
        raise BrokenPdu(SMPP_ESME_RINVCMDID, code, sequence) from None
    if command not in _BODIES or len(raw) == HEADER:
        return Pdu(command, status, sequence, raw)
    try:
        return _with_body(command, status, sequence, raw)
    except (struct.error, ValueError, LookupError, TypeError):
        raise BrokenPdu(SMPP_ESME_RINVCMDLEN, code, sequence, command) from None


def _with_body(command: str, status: int, sequence: int, raw: bytes) -> Pdu:
    body = _BODIES[command](command, sequence=sequence)
    lenient = raw + b"\0" if command != "deliver_sm" and b"\0" not in raw[HEADER:] else raw  # an id without its end
    body.parse(lenient)
    fields = {name: getattr(body, name) for name in body.params if name not in TAGS}
    if command == "deliver_sm" and (
        fields["sm_default_msg_id"] is None or len(body.short_message or b"") < body.sm_length
    ):
        raise ValueError(command)
    return Pdu(command, status, sequence, raw, fields, dict(body.tags), body.torn)


def _read_tags(data: bytes) -> tuple[dict[int, bytes], bool]:
    """Optional parameters by number (of one that is there twice the first counts), and whether one is cut off."""
    tags: dict[int, bytes] = {}
    while len(data) >= 4:
        tag, length = struct.unpack(">HH", data[:4])
        tags.setdefault(tag, data[4 : 4 + length])
        if len(data) < 4 + length:
            return tags, True
        data = data[4 + length :]
    return tags, bool(data)
