"""Infobip's statuses and errors in our words.

Source: "Message status codes" and "Response status and error codes" of Infobip's public documentation. A status has a
group (PENDING, UNDELIVERABLE, DELIVERED, EXPIRED, REJECTED) and an id; an error has a name and says whether it is
permanent.
"""

from __future__ import annotations

from typing import Any

from bot.domain.messages import Outcome, Reason
from bot.domain.states import TextState
from bot.gateways.reading_values import inner

_GROUPS = {
    "PENDING": TextState.ACCEPTED,
    "UNDELIVERABLE": TextState.UNDELIVERED,
    "DELIVERED": TextState.DELIVERED,
    "EXPIRED": TextState.EXPIRED,
    "REJECTED": TextState.REJECTED,
}
_BY_ID = {"1": "PENDING", "2": "UNDELIVERABLE", "3": "DELIVERED", "4": "EXPIRED", "5": "REJECTED"}
_STATUSES = {
    "2": TextState.ACCEPTED,  # DELIVERED_TO_OPERATOR: not yet on the phone
    "29": TextState.UNKNOWN,  # EXPIRED_DLR_UNKNOWN: nobody told what became of it
    "87": TextState.REJECTED,  # SIGNALS_BLOCKED: anti-fraud
}
REJECTIONS: dict[str, tuple[Outcome, Reason]] = {
    "6": (Outcome.REJECTED, Reason.OTHER),  # NETWORK: not covered
    "8": (Outcome.REJECTED, Reason.NO_SUCH_NUMBER),  # PREFIX_MISSING
    "10": (Outcome.REJECTED, Reason.BLOCKED),  # DND
    "11": (Outcome.REJECTED, Reason.BAD_SENDER),  # SOURCE: sender not registered
    "12": (Outcome.RETRY, Reason.ACCOUNT),  # NOT_ENOUGH_CREDITS
    "13": (Outcome.REJECTED, Reason.BAD_SENDER),  # SENDER: on a blocklist
    "14": (Outcome.REJECTED, Reason.BLOCKED),  # DESTINATION_BLOCKLISTED
    "17": (Outcome.RETRY, Reason.ACCOUNT),  # PREPAID_PACKAGE_EXPIRED
    "18": (Outcome.RETRY, Reason.ACCOUNT),  # DESTINATION_NOT_REGISTERED: a test account
    "19": (Outcome.RETRY, Reason.ACCOUNT),  # ROUTE_NOT_AVAILABLE
    "20": (Outcome.RETRY, Reason.BUSY),  # FLOODING_FILTER
    "21": (Outcome.RETRY, Reason.BUSY),  # SYSTEM_ERROR
    "24": (Outcome.REJECTED, Reason.BAD_TEXT),  # INVALID_UDH
    "25": (Outcome.REJECTED, Reason.BAD_TEXT),  # MESSAGE_TOO_LONG
    "51": (Outcome.REJECTED, Reason.NO_SUCH_NUMBER),  # MISSING_TO
    "52": (Outcome.REJECTED, Reason.NO_SUCH_NUMBER),  # DESTINATION
    "87": (Outcome.REJECTED, Reason.FILTERED),  # SIGNALS_BLOCKED
}
DUPLICATE = "23"
"""DUPLICATE_MESSAGE_ID: an earlier attempt with our id is there; its log tells what became of it."""
_ERRORS = {
    "EC_UNKNOWN_SUBSCRIBER": Reason.NO_SUCH_NUMBER,
    "EC_UNIDENTIFIED_SUBSCRIBER": Reason.ABSENT,
    "EC_ABSENT_SUBSCRIBER": Reason.ABSENT,
    "EC_ABSENT_SUBSCRIBER_SM": Reason.ABSENT,
    "EC_SUBSCRIBER_BUSY_FOR_MT_SMS": Reason.ABSENT,
    "EC_SM_DF_MEMORYCAPACITYEXCEEDED": Reason.ABSENT,
    "EC_CALL_BARRED": Reason.BLOCKED,
    "EC_TELESERVICE_NOT_PROVISIONED": Reason.BLOCKED,
    "EC_SYSTEM_FAILURE": Reason.BUSY,
}


def state_of(status: dict[str, Any]) -> TextState:
    """UNKNOWN for a group that nobody has seen."""
    group = str(status.get("groupName") or "") or _BY_ID.get(str(status.get("groupId")), "")
    return _STATUSES.get(str(status.get("id")), _GROUPS.get(group.upper(), TextState.UNKNOWN))


def reason_of(state: TextState, status: dict[str, Any], error: dict[str, Any]) -> Reason | None:
    """By the error's name, else by the status; an unnamed error that is not permanent may pass."""
    if state in {TextState.ACCEPTED, TextState.DELIVERED, TextState.UNKNOWN}:
        return None
    named = _ERRORS.get(str(error.get("name") or "").upper())
    if named:
        return named
    if str(status.get("id")) in REJECTIONS:
        return REJECTIONS[str(status.get("id"))][1]
    if state is TextState.EXPIRED:
        return Reason.EXPIRED
    return Reason.BUSY if error.get("permanent") is False and error.get("id") else Reason.OTHER


def code_of(item: dict[str, Any]) -> str:
    """The error's name where there is one, else the status's."""
    status, error = inner(item, "status"), inner(item, "error")
    name = str(error.get("name") or "")
    named = name if name and name != "NO_ERROR" else str(status.get("name") or status.get("groupName") or "")
    return named[:60]
