"""For ``mimamori gateway try``: what each template gave for a sample, whether the proof fits, and what it all means.

Pure: nothing is sent or stored. Secrets are shown as three dots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.errors import MimamoriError
from bot.domain.messages import Inbound
from bot.gateways import generic_proofs
from bot.gateways.generic import is_for_receipts, signed_names
from bot.gateways.generic_incoming import read_receipts, read_texts, values
from bot.gateways.generic_outgoing import build
from bot.gateways.generic_templates import encoded, rendered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Outbound, Receipt
    from bot.gateways.generic_outgoing import Outgoing
    from bot.gateways.generic_settings import GenericAccount, InboundReading, ReceiptReading


@dataclass(frozen=True, slots=True)
class Step:
    """``place`` is the key in the TOML (``inbound.sender``, ``receipts[1].code``); ``gave`` what came of it.

    ``fault`` says, in Japanese and English, what is wrong; "" where nothing is.
    """

    place: str
    gave: str
    fault: str = ""


def explain_send(account: GenericAccount, text: Outbound) -> Outgoing:
    """The request as it would go out, without sending; raises ValueError where none can be made."""
    return build(account, account.send, text, None, masked=True)


def explain_inbound(account: GenericAccount, request: WebRequest, now: datetime) -> list[Step]:
    """How a sample request is verified and read, step by step."""
    steps = _proof(account, request, now)
    receipts, texts = is_for_receipts(request), not is_for_receipts(request)
    if account.inbound is not None and (texts or account.one_address):
        steps += _read("inbound", account.inbound, request, account)
    if account.receipts is not None and (receipts or account.one_address):
        steps += _read("receipts", account.receipts, request, account)
    return steps


def _proof(account: GenericAccount, request: WebRequest, now: datetime) -> list[Step]:
    proof = account.proof
    if proof is None:
        return [Step("proof", "", "[proof] がありません / there is no [proof]")]
    names = signed_names(account, request)
    steps = []
    try:
        if proof.kind == "hmac":
            timestamp = generic_proofs.found(proof.timestamp, names) if proof.timestamp else ""
            shown = {**names, "timestamp": timestamp, "secrets": dict.fromkeys(account.secrets, "…")}
            expected = proof.prefix + encoded(generic_proofs.digest(proof, names, timestamp), proof.encoding)
            steps += [
                Step("proof.signed", rendered(proof.signed, shown).encode("utf-8", "replace").decode()),
                Step("proof.timestamp", timestamp),
                Step("proof.signature", generic_proofs.found(proof.signature, names)),
                Step("proof.expected", expected),
            ]
        generic_proofs.verify(proof, request, names, now)
    except (MimamoriError, ValueError) as error:
        return [*steps, Step("proof", getattr(error, "code", "refused"), str(error))]
    return [*steps, Step("proof", "ok")]


def _read(
    place: str, section: InboundReading | ReceiptReading, request: WebRequest, account: GenericAccount
) -> list[Step]:
    steps = []
    try:
        for number, given in enumerate(values(section, request, account.sender)):
            steps += [
                Step(f"{place}[{number}].{name}", value) for name, value in given.items() if getattr(section, name)
            ]
        results = _results(section, request, account)
    except (MimamoriError, ValueError) as error:
        return [*steps, Step(place, "", str(error))]
    steps += [Step(f"{place}[{number}]", _said(found)) for number, found in enumerate(results)]
    return steps or [Step(place, "", "この要求からは何も読み取れませんでした / nothing was found in this request")]


def _results(
    section: InboundReading | ReceiptReading, request: WebRequest, account: GenericAccount
) -> Sequence[Inbound | Receipt]:
    if section is account.inbound:
        return read_texts(account.inbound, request, account.sender)
    return read_receipts(account.receipts, request, account.sender) if account.receipts is not None else []


def _said(found: Inbound | Receipt) -> str:
    """The result in a line."""
    if isinstance(found, Inbound):
        return f"{found.sender} → {found.recipient}: {found.text}"
    reason = f" ({found.reason})" if found.reason else ""
    return f"{found.reference or found.message_id}: {found.state}{reason}"
