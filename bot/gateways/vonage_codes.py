"""Vonage's codes in our words.

Source: Vonage, "Troubleshooting SMS" (status of a submission), "Delivery receipts" (status and err-code) and "API
errors" of the Messages API. Codes of the Messages API above 1130 are not all published in one table; those that are
not here are failures without a reason of their own where the status itself says that the text failed.
"""

from __future__ import annotations

from bot.domain.messages import Outcome, Reason
from bot.domain.states import TextState

_FINAL, _LATER, _UNKNOWN = Outcome.REJECTED, Outcome.RETRY, Outcome.UNKNOWN

SMS_STATUS: dict[str, tuple[Outcome, Reason | None]] = {
    "1": (_LATER, Reason.BUSY),  # throttled
    "2": (_FINAL, Reason.OTHER),  # a parameter is missing
    "3": (_FINAL, Reason.OTHER),  # a parameter is invalid
    "4": (_LATER, Reason.ACCOUNT),  # wrong key or secret
    "5": (_UNKNOWN, None),  # an error in the platform while it handled this text
    "6": (_FINAL, Reason.NO_SUCH_NUMBER),  # an unknown prefix
    "7": (_FINAL, Reason.BLOCKED),  # on Vonage's list of barred numbers
    "8": (_LATER, Reason.ACCOUNT),  # suspended
    "9": (_LATER, Reason.ACCOUNT),  # no credit
    "10": (_LATER, Reason.BUSY),  # too many connections
    "11": (_LATER, Reason.ACCOUNT),  # not enabled for HTTP
    "12": (_FINAL, Reason.BAD_TEXT),  # too long
    "14": (_LATER, Reason.ACCOUNT),  # our signature is wrong
    "15": (_FINAL, Reason.BAD_SENDER),
    "22": (_FINAL, Reason.OTHER),  # invalid network code
    "23": (_LATER, Reason.ACCOUNT),  # our callback address is invalid
    "29": (_LATER, Reason.ACCOUNT),  # a demo account sends to listed numbers alone
    "32": (_LATER, Reason.ACCOUNT),  # signature and secret at once
    "33": (_FINAL, Reason.NO_SUCH_NUMBER),  # de-activated
}

MESSAGES_ERRORS: dict[str, tuple[Outcome, Reason | None]] = {
    "1000": (_LATER, Reason.BUSY),
    "1010": (_FINAL, Reason.OTHER),
    "1020": (_FINAL, Reason.OTHER),
    "1030": (_UNKNOWN, None),
    "1040": (_FINAL, Reason.NO_SUCH_NUMBER),
    "1050": (_FINAL, Reason.BLOCKED),
    "1060": (_LATER, Reason.ACCOUNT),
    "1070": (_LATER, Reason.ACCOUNT),
    "1080": (_LATER, Reason.ACCOUNT),
    "1090": (_FINAL, Reason.BAD_TEXT),
    "1100": (_LATER, Reason.BUSY),  # "Message was not submitted because there was a communication failure"
    "1120": (_FINAL, Reason.BAD_SENDER),
}

_STATES = {
    "delivered": TextState.DELIVERED,
    "read": TextState.DELIVERED,
    "accepted": TextState.ACCEPTED,
    "buffered": TextState.ACCEPTED,
    "submitted": TextState.ACCEPTED,
    "expired": TextState.EXPIRED,
    "failed": TextState.UNDELIVERED,
    "undeliverable": TextState.UNDELIVERED,
    "deleted": TextState.UNDELIVERED,
    "rejected": TextState.REJECTED,
}

_RECEIPT_REASONS = {
    "1": Reason.OTHER,  # unknown
    "2": Reason.ABSENT,
    "3": Reason.NO_SUCH_NUMBER,  # absent for good: the number is no longer in use
    "4": Reason.BLOCKED,  # barred by its user
    "5": Reason.OTHER,  # portability
    "6": Reason.FILTERED,
    "7": Reason.ABSENT,  # handset busy
    "8": Reason.BUSY,  # network error
    "9": Reason.OPTED_OUT,  # asked not to receive messages from this service
    "10": Reason.BAD_TEXT,
    "11": Reason.OTHER,  # unroutable
    "12": Reason.NO_SUCH_NUMBER,  # destination unreachable: confirm the number
    "13": Reason.BLOCKED,  # age
    "14": Reason.BLOCKED,  # by the carrier
    "15": Reason.BLOCKED,  # prepaid without credit
    "99": Reason.OTHER,
}


def final_state(status: str, error: str) -> tuple[TextState, Reason | None]:
    """State and reason of a receipt; ``error`` is the err-code, or the Messages API's code, or ""."""
    state = _STATES.get(status, TextState.UNKNOWN)
    if state is TextState.EXPIRED:
        return state, Reason.EXPIRED
    if state in {TextState.UNDELIVERED, TextState.REJECTED}:
        _, reason = MESSAGES_ERRORS.get(error, (None, None))
        return state, _RECEIPT_REASONS.get(error, reason or Reason.OTHER)
    return state, None
