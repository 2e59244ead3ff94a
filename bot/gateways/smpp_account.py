"""The settings of an SMPP account, as its TOML file holds them."""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from bot.domain.messages import Outcome, Reason
from bot.gateways.account import Account, Secret

Meaning = tuple[Outcome, Reason]
Ids = Literal["text", "decimal", "hex"]


def _meaning(value: Any) -> Any:  # noqa: ANN401  # pydantic hands over what the file says
    """``"rejected blocked"`` -> (Outcome.REJECTED, Reason.BLOCKED)."""
    if isinstance(value, str):
        outcome, _, reason = value.partition(" ")
        return Outcome(outcome), Reason(reason or "other")
    return value


def _status(value: Any) -> Any:  # noqa: ANN401  # as above
    """``"0x0401"`` -> 1025."""
    return int(value, 0) if isinstance(value, str) else value


def _codec(name: str) -> str:
    try:
        bytes(4).decode(name, "replace")
        return codecs.lookup(name).name
    except (LookupError, UnicodeError):
        raise ValueError(f"there is no encoding {name}") from None


def _password(value: SecretStr) -> SecretStr:
    """SMPP 3.4, 5.2.2: at most 8 characters and a NUL."""
    if not (value.get_secret_value().isascii() and len(value.get_secret_value()) <= 8):
        raise ValueError("an SMPP password has at most 8 ASCII characters")
    return value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name}") from None
    return name


Byte = Annotated[int, Field(ge=0, le=255)]


class SmppAccount(Account):
    """Names of fields and values are those of the SMPP 3.4 specification (Issue 1.2)."""

    # where, and who we are
    host: str = Field(min_length=1, description="Name or address of the SMSC")
    port: int = Field(default=2775, ge=1, le=65535, description="Its port")
    tls: bool = Field(default=False, description="Speak TLS; the certificate is checked")
    tls_ca: str = Field(default="", description="File of the authority that signed it; empty: the system's")
    bind: Literal["transceiver", "pair"] = Field(
        default="transceiver", description="One connection for both directions, or a transmitter and a receiver"
    )
    system_id: str = Field(pattern=r"^[!-~]{1,15}$", description="Name of the account at the SMSC")
    password: Annotated[Secret, AfterValidator(_password)] = Field(description="Its password")
    system_type: str = Field(default="", pattern=r"^[ -~]{0,12}$", description="As the SMSC asks for, mostly empty")
    interface_version: Byte = Field(default=0x34, description="Version of the protocol")
    addr_ton: Byte = Field(default=0, description="Type of the addresses that this account serves")
    addr_npi: Byte = Field(default=0, description="Their numbering plan")
    address_range: str = Field(default="", pattern=r"^[ -~]{0,40}$", description="Which addresses it serves")
    # how texts go out
    service_type: str = Field(default="", pattern=r"^[ -~]{0,5}$", description="As the SMSC asks for, mostly empty")
    source_ton: Byte | None = Field(default=None, description="Type of our number; empty: by what it looks like")
    source_npi: Byte | None = Field(default=None, description="Its numbering plan; empty: by what it looks like")
    dest_ton: Byte = Field(default=1, description="Type of the residents' numbers (1 international, 2 national)")
    dest_npi: Byte = Field(default=1, description="Their numbering plan (1 ISDN)")
    dest_format: Literal["international", "national"] = Field(
        default="international", description="819012345678 or 09012345678"
    )
    long: Literal["udh8", "udh16", "sar", "payload"] = Field(default="udh8", description="How long texts travel")
    gsm7: Literal["unpacked", "packed", "off"] = Field(
        default="unpacked", description="Texts of GSM-7 characters alone: an octet each, packed, or as UCS-2"
    )
    data_coding: Byte | None = Field(
        default=None, description="data_coding of Shift_JIS or ISO-2022-JP texts; empty: 5 and 10"
    )
    statuses: dict[Annotated[int, BeforeValidator(_status)], Annotated[Meaning, BeforeValidator(_meaning)]] = Field(
        default_factory=dict, description='What the SMSC\'s own command_status mean: "0x0401" = "rejected blocked"'
    )
    # how texts and receipts come in
    default_alphabet: Annotated[str, AfterValidator(lambda name: name if name == "gsm-7" else _codec(name))] = Field(
        default="gsm-7", description="What data_coding 0 is when a text comes in (gsm-7, ascii, latin-1, cp932 ...)"
    )
    inbound_codings: dict[Annotated[int, BeforeValidator(_status)], Annotated[str, AfterValidator(_codec)]] = Field(
        default_factory=dict, description='Other data_coding values than SMPP 3.4 knows: "0x11" = "cp932"'
    )
    inbound_id_tags: tuple[int, ...] = Field(
        default=(0x001E,), description="Optional parameters that may hold the SMSC's id of an incoming text"
    )
    receipts_by_text: bool = Field(
        default=False, description="The SMSC does not mark receipts (esm_class); know them by their text"
    )
    submit_ids: Ids = Field(default="text", description="How submit_sm_resp writes ids")
    receipt_ids: Ids = Field(default="text", description="How the text of a receipt writes them")
    tag_ids: Ids = Field(default="text", description="How receipted_message_id writes them")
    errors: dict[str, Reason] = Field(
        default_factory=dict, description='What the SMSC\'s err codes mean: "011" = "no_such_number"'
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(default="Asia/Tokyo", description="Time zone of its dates")
    # patience
    window: int = Field(default=10, ge=1, le=1000, description="submit_sm that may wait for their answer")
    answer_seconds: float = Field(default=10.0, gt=0, le=25, description="An answer later than this is unknown")
    enquire_seconds: float = Field(default=30.0, gt=0, description="Silence after which the connection is asked")
    reconnect_from: float = Field(default=1.0, gt=0, description="Seconds before the first attempt to come back")
    reconnect_to: float = Field(default=60.0, gt=0, description="Seconds between attempts at most")
