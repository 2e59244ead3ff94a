"""Twilio's error codes and message statuses in our words.

Source: Twilio's error and warning dictionary (docs/api/errors) and "Messages resource", table of status values.
Twilio may add codes at any time; what is not here stays *unknown*, or is a failure without a reason of its own where
the status itself says that the text failed.
"""

from __future__ import annotations

from bot.domain.messages import Outcome, Reason
from bot.domain.states import TextState

STATES = {
    "accepted": TextState.ACCEPTED,
    "scheduled": TextState.ACCEPTED,
    "queued": TextState.ACCEPTED,
    "sending": TextState.ACCEPTED,
    "sent": TextState.ACCEPTED,
    "delivered": TextState.DELIVERED,
    "read": TextState.DELIVERED,
    "undelivered": TextState.UNDELIVERED,
    "failed": TextState.UNDELIVERED,
    "canceled": TextState.REJECTED,
}

REASONS = {
    "21211": Reason.NO_SUCH_NUMBER,  # invalid "To"
    "21214": Reason.NO_SUCH_NUMBER,  # "To" cannot be reached
    "21217": Reason.NO_SUCH_NUMBER,  # not a telephone number
    "21268": Reason.NO_SUCH_NUMBER,  # a premium or information service
    "21604": Reason.NO_SUCH_NUMBER,  # no "To"
    "21614": Reason.NO_SUCH_NUMBER,  # not a mobile number
    "21635": Reason.NO_SUCH_NUMBER,  # a landline
    "21610": Reason.OPTED_OUT,
    "21612": Reason.OTHER,  # this "From" does not reach this "To"
    "21602": Reason.BAD_TEXT,  # no body
    "21605": Reason.BAD_TEXT,  # too long
    "21617": Reason.BAD_TEXT,  # more than 1600 characters
    "21619": Reason.BAD_TEXT,  # neither text nor media
    "21212": Reason.BAD_SENDER,  # invalid "From"
    "21601": Reason.BAD_SENDER,
    "21603": Reason.BAD_SENDER,  # no "From"
    "21606": Reason.BAD_SENDER,  # not ours, or not for SMS
    "21659": Reason.BAD_SENDER,  # not a Twilio number
    "21660": Reason.BAD_SENDER,  # another account's number
    "21703": Reason.BAD_SENDER,  # no number in the Messaging Service
    "30001": Reason.BUSY,  # queue overflow
    "30002": Reason.ACCOUNT,  # suspended
    "30003": Reason.ABSENT,
    "30004": Reason.BLOCKED,
    "30005": Reason.NO_SUCH_NUMBER,
    "30006": Reason.NO_SUCH_NUMBER,  # a landline or a carrier out of reach
    "30007": Reason.FILTERED,
    "30008": Reason.OTHER,  # unknown to the carrier itself
    "30010": Reason.ACCOUNT,  # dearer than the highest price that we allow
    "30019": Reason.BAD_TEXT,  # larger than the carrier takes
    "30036": Reason.EXPIRED,
    "30410": Reason.BUSY,  # the carrier did not answer
}
"""Why a text failed, by the code in the answer or the receipt."""

_LATER = {
    "14107": Reason.BUSY,  # rate limit
    "20003": Reason.ACCOUNT,  # wrong token or key
    "20005": Reason.ACCOUNT,  # account not active
    "20006": Reason.ACCOUNT,  # access denied
    "20404": Reason.ACCOUNT,  # no such account
    "20429": Reason.BUSY,
    "21408": Reason.ACCOUNT,  # the account may not send to this country
    "21608": Reason.ACCOUNT,  # a trial account sends to verified numbers alone
    "21609": Reason.ACCOUNT,  # our StatusCallback is no address that it can call
    "21611": Reason.BUSY,  # too many texts wait at this sender
}


def meaning(code: str) -> tuple[Outcome, Reason] | None:
    """What a code in an answer to a submission means; None for one that is not known."""
    if code in _LATER:
        return Outcome.RETRY, _LATER[code]
    if code.startswith("21") and code in REASONS:
        return Outcome.REJECTED, REASONS[code]
    return None


def final_state(status: str, error: str) -> tuple[TextState, Reason | None]:
    """State and reason of a status that Twilio tells of a text of ours; ``error`` is its code, or ""."""
    state = STATES.get(status, TextState.UNKNOWN)
    if state not in {TextState.UNDELIVERED, TextState.REJECTED}:
        return state, None
    reason = REASONS.get(error, _LATER.get(error, Reason.OTHER))
    return (TextState.EXPIRED if reason is Reason.EXPIRED else state), reason
