"""AWS End User Messaging's events and errors in our words.

Source: AWS, "Event types for SMS, MMS, and voice" (SMS user guide) and the exceptions of SendTextMessage in the API
reference of ``pinpoint-sms-voice-v2``.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from bot.domain.messages import Outcome, Reason, Submitted
from bot.domain.states import TextState
from bot.gateways.base import by_status, needed_id, read_object

EVENTS: dict[str, tuple[TextState, Reason | None]] = {
    "TEXT_DELIVERED": (TextState.DELIVERED, None),
    "TEXT_SUCCESSFUL": (TextState.ACCEPTED, None),  # the phone company has it; that is not yet the phone
    "TEXT_QUEUED": (TextState.ACCEPTED, None),
    "TEXT_PENDING": (TextState.ACCEPTED, None),
    "TEXT_SENT": (TextState.ACCEPTED, None),
    "TEXT_BLOCKED": (TextState.UNDELIVERED, Reason.BLOCKED),
    "TEXT_CARRIER_BLOCKED": (TextState.UNDELIVERED, Reason.FILTERED),
    "TEXT_PROTECT_BLOCKED": (TextState.UNDELIVERED, Reason.FILTERED),  # by the account's own protect configuration
    "TEXT_SPAM": (TextState.UNDELIVERED, Reason.FILTERED),
    "TEXT_INVALID": (TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER),
    "TEXT_INVALID_MESSAGE": (TextState.UNDELIVERED, Reason.BAD_TEXT),
    "TEXT_UNREACHABLE": (TextState.UNDELIVERED, Reason.ABSENT),
    "TEXT_CARRIER_UNREACHABLE": (TextState.UNDELIVERED, Reason.BUSY),
    "TEXT_TTL_EXPIRED": (TextState.EXPIRED, Reason.EXPIRED),
    "TEXT_UNKNOWN": (TextState.UNKNOWN, None),
}

_FINAL, _LATER, _UNKNOWN = Outcome.REJECTED, Outcome.RETRY, Outcome.UNKNOWN

_REASONS: dict[str, tuple[Outcome, Reason | None]] = {
    "DESTINATION_PHONE_NUMBER_OPTED_OUT": (_FINAL, Reason.OPTED_OUT),
    "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE": (_FINAL, Reason.BLOCKED),
    "DESTINATION_PHONE_NUMBER_NOT_VERIFIED": (_LATER, Reason.ACCOUNT),  # the account is in the sandbox
    "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION": (_LATER, Reason.ACCOUNT),
    "DESTINATION_COUNTRY_BLOCKED": (_LATER, Reason.ACCOUNT),
    "INTERNATIONAL_SENDING_NOT_SUPPORTED": (_FINAL, Reason.BAD_SENDER),
    "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY": (_FINAL, Reason.BAD_SENDER),
    "NO_ORIGINATION_IDENTITIES_FOUND": (_FINAL, Reason.BAD_SENDER),
    "NUMBER_CAPABILITIES_MISMATCH": (_FINAL, Reason.BAD_SENDER),
    "SENDER_ID_NOT_REGISTERED": (_FINAL, Reason.BAD_SENDER),
    "SENDER_ID_NOT_SUPPORTED": (_FINAL, Reason.BAD_SENDER),
    "SENDER_ID_REQUIRES_REGISTRATION": (_FINAL, Reason.BAD_SENDER),
    "MESSAGE_TYPE_MISMATCH": (_LATER, Reason.ACCOUNT),
    "RESOURCE_NOT_ACTIVE": (_LATER, Reason.ACCOUNT),
    "PRICE_OVER_THRESHOLD": (_LATER, Reason.ACCOUNT),
    "MAXIMUM_SIZE_EXCEEDED": (_FINAL, Reason.BAD_TEXT),
}
_ACCOUNT = (_LATER, Reason.ACCOUNT)
_TYPES: dict[str, tuple[Outcome, Reason | None]] = {
    "ThrottlingException": (_LATER, Reason.BUSY),
    "ServiceQuotaExceededException": _ACCOUNT,  # MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT and the like
    "AccessDeniedException": _ACCOUNT,
    "ResourceNotFoundException": _ACCOUNT,  # our sender or configuration set
    "UnrecognizedClientException": _ACCOUNT,
    "InvalidSignatureException": _ACCOUNT,
    "IncompleteSignatureException": _ACCOUNT,
    "MissingAuthenticationTokenException": _ACCOUNT,
    "ExpiredTokenException": _ACCOUNT,
    "InternalServerException": (_UNKNOWN, None),
}
_FIELDS = {"DestinationPhoneNumber": Reason.NO_SUCH_NUMBER, "MessageBody": Reason.BAD_TEXT}


def sent(status: int, body: bytes) -> Submitted:
    """What SendTextMessage answers: an id, or an exception with its type and often a reason."""
    if status == HTTPStatus.OK:
        return Submitted(Outcome.ACCEPTED, needed_id(read_object(body), "MessageId"))
    problem = read_object(body) if body.startswith(b"{") else {}
    kind = str(problem.get("__type") or "").rpartition("#")[2]
    why = str(problem.get("Reason") or "")
    code = (why or kind or str(status))[:60]
    known = _REASONS.get(why) or _TYPES.get(kind) or _field_at_fault(kind, problem)
    return Submitted(known[0], code=code, reason=known[1]) if known else by_status(status, code)


def _field_at_fault(kind: str, problem: dict[str, Any]) -> tuple[Outcome, Reason] | None:
    """A number or a text that AWS cannot take; a fault of any other field is not the text's."""
    fields = problem.get("Fields")
    if kind != "ValidationException" or not isinstance(fields, list):
        return None
    names = [str(field.get("Name")) for field in fields if isinstance(field, dict)]
    return next(((_FINAL, _FIELDS[name]) for name in names if name in _FIELDS), None)
