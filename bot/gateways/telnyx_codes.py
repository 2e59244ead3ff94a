"""Telnyx's error codes and message states in our words.

Source: Telnyx, "Messaging Error Code Reference" and "API Errors". Codes that are not here are unknown in an answer, and
a failure without a reason of its own where the state itself says that the text failed.
"""

from __future__ import annotations

from bot.domain.messages import Outcome, Reason
from bot.domain.states import TextState

_STATES = {
    "queued": TextState.ACCEPTED,
    "sending": TextState.ACCEPTED,
    "sent": TextState.ACCEPTED,
    "delivered": TextState.DELIVERED,
    "delivery_unconfirmed": TextState.ACCEPTED,  # sent, and the carrier will say no more
    "delivery_failed": TextState.UNDELIVERED,
    "sending_failed": TextState.UNDELIVERED,
    "expired": TextState.EXPIRED,
}

REASONS = {
    "40001": Reason.NO_SUCH_NUMBER,  # a landline or not routable
    "40002": Reason.FILTERED,  # as spam, for now
    "40003": Reason.FILTERED,  # as spam, for good
    "40004": Reason.BLOCKED,  # rejected by the destination
    "40005": Reason.EXPIRED,
    "40006": Reason.BUSY,  # the recipient's server is not there
    "40008": Reason.OTHER,  # the carrier did not accept it
    "40009": Reason.BAD_TEXT,
    "40011": Reason.BUSY,  # too many, at the carrier
    "40012": Reason.NO_SUCH_NUMBER,
    "40013": Reason.BAD_SENDER,
    "40014": Reason.EXPIRED,  # in the queue
    "40015": Reason.FILTERED,  # by Telnyx
    "40300": Reason.OPTED_OUT,  # "Blocked due to STOP message"
    "40322": Reason.FILTERED,  # for its content
}
"""Why a text did not arrive (``errors[].code`` of a receipt)."""

_FINAL = {
    "40001": Reason.NO_SUCH_NUMBER,
    "40300": Reason.OPTED_OUT,
    "40301": Reason.NO_SUCH_NUMBER,  # this address takes no texts
    "40302": Reason.BAD_TEXT,  # too large
    "40304": Reason.BAD_TEXT,
    "40305": Reason.BAD_SENDER,
    "40306": Reason.BAD_SENDER,  # an alphanumeric sender that is not set up
    "40310": Reason.NO_SUCH_NUMBER,
    "40315": Reason.BAD_SENDER,  # has too bad a name
    "40316": Reason.BAD_TEXT,  # empty
    "40319": Reason.NO_SUCH_NUMBER,
    "40321": Reason.BAD_SENDER,  # no number on the profile
    "40322": Reason.FILTERED,
}

_LATER = {
    "10009": Reason.ACCOUNT,  # wrong key
    "10010": Reason.ACCOUNT,  # no rights
    "10011": Reason.BUSY,
    "20100": Reason.ACCOUNT,  # no money
    "40100": Reason.ACCOUNT,  # the number is not enabled for messaging
    "40309": Reason.ACCOUNT,  # the profile may not send to this country
    "40312": Reason.ACCOUNT,  # the profile is disabled
    "40314": Reason.ACCOUNT,  # messaging is disabled
    "40318": Reason.BUSY,  # the queue is full
    "40320": Reason.BUSY,  # our number is not ready yet
}


def meaning(code: str) -> tuple[Outcome, Reason] | None:
    """What a code in an answer to a submission means; None for one that is not known."""
    if code in _FINAL:
        return Outcome.REJECTED, _FINAL[code]
    if code in _LATER:
        return Outcome.RETRY, _LATER[code]
    return None


def final_state(status: str, error: str) -> tuple[TextState, Reason | None]:
    """State and reason of a receipt; ``error`` is its first error code, or ""."""
    state = _STATES.get(status, TextState.UNKNOWN)
    if state is TextState.EXPIRED:
        return state, Reason.EXPIRED
    if state is not TextState.UNDELIVERED:
        return state, None
    reason = REASONS.get(error) or _FINAL.get(error) or _LATER.get(error) or Reason.OTHER
    return (TextState.EXPIRED if reason is Reason.EXPIRED else state), reason
