"""A provider that an operator describes in TOML alone: addresses, fields, proofs, codes; no code for it.

For vendors whose API is only shown to customers. What may stand in the file: ``generic_settings.py``; the example with
every line explained: ``config/gateways/generic.toml``. Sandboxed templates see requests and texts, nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Answer, Parsed
from bot.domain.messages import Outcome, Reason, Submitted
from bot.gateways import generic_proofs
from bot.gateways.base import BaseGateway, refused
from bot.gateways.generic_incoming import names_of, read_receipts, read_texts
from bot.gateways.generic_outgoing import build, read_answer
from bot.gateways.generic_settings import GenericAccount
from bot.gateways.generic_templates import rendered
from bot.gateways.recent_sends import RecentSends

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Inbound, Outbound, Receipt
    from bot.gateways.generic_settings import Request


class GenericGateway(BaseGateway[GenericAccount]):
    settings = GenericAccount
    abilities: ClassVar[Abilities] = Abilities()

    def __init__(self, account: GenericAccount) -> None:
        super().__init__(account)
        self._recent = RecentSends()
        two_way, receipts = account.inbound is not None, account.receipts is not None
        self.abilities = Abilities(two_way, receipts, can_ask=account.ask is not None)  # type: ignore[misc]  # the file says what it can do

    async def verify(self, request: WebRequest, now: datetime) -> None:
        if self.mine.proof is None:  # nothing is expected here
            raise refused("unsigned")
        try:
            generic_proofs.verify(self.mine.proof, request, signed_names(self.mine, request), now)
        except ValueError:  # a template that cannot read this request
            raise refused("signature") from None

    async def parse(self, request: WebRequest) -> Parsed:
        if self.mine.one_address:
            return Parsed(tuple(self.parse_inbound(request)), tuple(self.parse_receipts(request)))
        if is_for_receipts(request):
            return Parsed(receipts=tuple(self.parse_receipts(request)))
        return Parsed(texts=tuple(self.parse_inbound(request)))

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        if self.mine.inbound is None:
            return self._unexpected("inbound")
        return read_texts(self.mine.inbound, request, self.mine.sender)

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        if self.mine.receipts is None:
            return self._unexpected("receipts")
        return read_receipts(self.mine.receipts, request, self.mine.sender)

    def _unexpected(self, section: str) -> list:  # type: ignore[type-arg]  # of either kind, and always empty
        if self.mine.one_address:
            return []
        raise InvalidInput(f"[{section}] が設定されていません。", f"[{section}] is not configured.", field=section)

    def answer(self, request: WebRequest, parsed: Parsed) -> Answer:  # noqa: ARG002  # it follows from the request
        said = self.mine.answer
        body = rendered(said.body, names_of(request, self.mine.sender))
        return Answer(said.status, body.encode("utf-8", "replace"), said.content_type)

    async def send(self, text: Outbound) -> Submitted:
        self._recent.note(text.reference)
        return await self._make(self.mine.send, text, None)

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:
        """A refusal to tell (401, 429 and the like) is not the same as "it never arrived"."""
        if self.mine.ask is None:
            return None
        answer = await self._make(self.mine.ask, text, message_id)
        told = answer.outcome is Outcome.ACCEPTED or answer.reason is None
        if not told or answer.outcome is Outcome.REJECTED:
            return Submitted(Outcome.UNKNOWN, code=answer.code)
        return self._recent.judged(text.reference, answer)

    def heard(self, told: Submitted, headers: Mapping[str, str]) -> Submitted:
        """Busy, and perhaps taken; who says when to come again has not taken it."""
        if (told.outcome, told.reason) == (Outcome.UNKNOWN, Reason.BUSY):
            outcome = Outcome.RETRY if "Retry-After" in headers else Outcome.UNKNOWN
            reason = Reason.BUSY if outcome is Outcome.RETRY else None
            return replace(told, outcome=outcome, reason=reason)
        return told

    async def _make(self, request: Request, text: Outbound, message_id: str | None) -> Submitted:
        try:
            made = build(self.mine, request, text, message_id)
        except UnicodeEncodeError:
            return Submitted(Outcome.REJECTED, code="charset", reason=Reason.BAD_TEXT)
        except ValueError:
            return Submitted(Outcome.RETRY, code="template", reason=Reason.ACCOUNT)
        return await self.submit(
            made.url,
            lambda status, body: read_answer(request, text.reference, status, body),
            method=made.method,
            headers=dict(made.headers),
            data=made.body or None,
        )


def is_for_receipts(request: WebRequest) -> bool:
    """Of our two addresses, with or without a secret as the last part."""
    return "receipts" in urlsplit(request.url).path.split("/")[4:]


def signed_names(account: GenericAccount, request: WebRequest) -> dict[str, object]:
    """Names for templates of the proof: the request, and the account's secrets."""
    secrets = {name: value.get_secret_value() for name, value in account.secrets.items()}
    return {**names_of(request, account.sender), "timestamp": "", "secrets": secrets}
