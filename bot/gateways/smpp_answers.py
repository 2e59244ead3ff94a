"""What a command_status says of a text (SMPP 3.4, 5.1.3).

Not taken for the moment: RETRY. This text never: REJECTED. A field that is the same in every text of this account
(type of number, service type, a way of sending long texts that the SMSC does not know): RETRY with ACCOUNT, since an
operator must change a setting. A status that is not in the table and that the operator did not explain: UNKNOWN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smpplib import consts

from bot.domain.messages import Outcome, Reason, Submitted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.gateways.smpp_account import Meaning

THROTTLED = frozenset({consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL})
_LATER = (Outcome.RETRY, Reason.BUSY)
_SETTING = (Outcome.RETRY, Reason.ACCOUNT)
_NEVER = (Outcome.REJECTED, Reason.OTHER)

STATUSES: Mapping[int, Meaning] = {
    **dict.fromkeys(THROTTLED, _LATER),
    consts.SMPP_ESME_RINVBNDSTS: _LATER,
    consts.SMPP_ESME_RSYSERR: _LATER,
    consts.SMPP_ESME_RX_T_APPN: _LATER,
    consts.SMPP_ESME_RINVMSGLEN: (Outcome.REJECTED, Reason.BAD_TEXT),
    consts.SMPP_ESME_RINVSRCADR: (Outcome.REJECTED, Reason.BAD_SENDER),
    consts.SMPP_ESME_RINVDSTADR: (Outcome.REJECTED, Reason.NO_SUCH_NUMBER),
    consts.SMPP_ESME_RSUBMITFAIL: _NEVER,
    consts.SMPP_ESME_RX_P_APPN: _NEVER,
    consts.SMPP_ESME_RX_R_APPN: _NEVER,
    consts.SMPP_ESME_RDELIVERYFAILURE: _NEVER,
    **dict.fromkeys(
        (
            consts.SMPP_ESME_RINVCMDLEN, consts.SMPP_ESME_RINVCMDID, consts.SMPP_ESME_RINVPRTFLG,
            consts.SMPP_ESME_RINVREGDLVFLG, consts.SMPP_ESME_RALYBND, consts.SMPP_ESME_RBINDFAIL,
            consts.SMPP_ESME_RINVPASWD, consts.SMPP_ESME_RINVSYSID, consts.SMPP_ESME_RINVSERTYP,
            consts.SMPP_ESME_RINVESMCLASS, consts.SMPP_ESME_RINVSRCTON, consts.SMPP_ESME_RINVSRCNPI,
            consts.SMPP_ESME_RINVDSTTON, consts.SMPP_ESME_RINVDSTNPI, consts.SMPP_ESME_RINVSYSTYP,
            consts.SMPP_ESME_RINVREPFLAG, consts.SMPP_ESME_RINVSCHED, consts.SMPP_ESME_RINVEXPIRY,
            consts.SMPP_ESME_RINVDFTMSGID, consts.SMPP_ESME_RINVOPTPARSTREAM, consts.SMPP_ESME_ROPTPARNOTALLWD,
            consts.SMPP_ESME_RINVPARLEN, consts.SMPP_ESME_RMISSINGOPTPARAM, consts.SMPP_ESME_RINVOPTPARAMVAL,
        ),
        _SETTING,
    ),
}  # fmt: skip


def code_of(status: int) -> str:
    """A status as operators look it up: ``0x0000000B``."""
    return f"0x{status:08X}"


def refused(status: int, own: Mapping[int, Meaning]) -> Submitted:
    """What any status but 0 says; ``own`` are those that the operator explained."""
    outcome, reason = own.get(status) or STATUSES.get(status) or (Outcome.UNKNOWN, None)
    return Submitted(outcome, code=code_of(status), reason=reason)


BIND_FAULTS: Mapping[int, tuple[str, str]] = {
    consts.SMPP_ESME_RINVPASWD: ("パスワード(password)が違います", "the password is wrong"),
    consts.SMPP_ESME_RINVSYSID: ("アカウント名(system_id)が違います", "the system_id is wrong"),
    consts.SMPP_ESME_RINVSYSTYP: ("system_typeが違います", "the system_type is wrong"),
    consts.SMPP_ESME_RBINDFAIL: (
        "認証・接続元アドレス・接続数のどれかが許可されていません", "credentials, address or number of binds refused"
    ),
    consts.SMPP_ESME_RINVCMDID: ("この接続方法(bind)は使えません", "the SMSC does not know this kind of bind"),
}  # fmt: skip
"""Why an SMSC does not let us in until an operator acts, in words."""
