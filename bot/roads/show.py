"""Accounts, roads and requests as an operator reads them in a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.domain.messages import Outcome
from bot.web.console.words import Word, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from bot.domain.gateway import Abilities, Answer, Parsed, Trouble
    from bot.domain.messages import Submitted
    from bot.roads.folder import Found
    from bot.roads.sending import Offer
    from bot.roads.trying import Shown
    from bot.storage.refused import RefusedSummary
    from bot.storage.road_view import RoadView, Said, Waiting

_NOT_NOW = Word("今は受け取られなかった。テストは送り直しません", "Not taken now; a test is not sent again")
_MOST_TROUBLES = 5
_WIDE = 200
"""Columns of output that is no terminal."""


def console() -> Console:
    """Standard output; as wide as the terminal."""
    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)


def table(*columns: str) -> Table:
    """An empty table whose columns have these titles."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def abilities(can: Abilities) -> str:
    """What a road can do, in words."""
    told = [
        "双方向 two-way" if can.two_way else "送信だけ send only" if can.sends else "受信だけ receive only",
        "配信結果 receipts" if can.receipts else "",
        "問い合わせ asks" if can.can_ask else "",
        "さかのぼり looks back" if can.can_look_back else "",
        "常時接続 standing" if can.standing else "",
    ]
    return "、".join(filter(None, told))


def accounts(found: Sequence[Found]) -> Iterable[Any]:
    """The table of accounts, then what to give to each provider, then the broken files."""
    made = table("アカウント Account", "種類 Kind", "差出人 Sender", "順 Order", "できること Abilities")
    for item in found:
        if item.gateway is not None:
            mine = item.gateway.mine
            made.add_row(mine.account, mine.kind, mine.sender, str(mine.order), abilities(item.gateway.abilities))
    yield made
    for item in found:
        if item.gateway is not None and item.gateway.mine.public_url and not item.gateway.abilities.standing:
            mine = item.gateway.mine
            yield Text(f"{mine.account}: 事業者に登録するアドレス / addresses to give to the provider")
            key = "?key=(設定 key の値 / value of key)" if "key" in type(mine).model_fields else ""
            if item.gateway.abilities.two_way:
                yield Text(f"  受信 inbound      {mine.inbound_url}{key}")
            if item.gateway.abilities.receipts:
                yield Text(f"  配信結果 receipts {mine.receipts_url}{key}")
    for item in found:
        if item.error is not None:
            yield Text(f"✘ {item.error.ja}\n  {item.error.en}", style="red")


def states(views: Sequence[RoadView], zone: tzinfo) -> Table:
    """How each road does; times in that zone."""
    made = table(
        "経路 Road", "状態 State", "いつから Since", "1時間に Hour", "失敗 Errors", "途中 Under way", "受信 Received"
    )
    for view in views:
        state = word("road_state", view.state)
        code = f" {view.code}" if view.code else ""
        made.add_row(
            view.road, Text(f"{state.ja} {state.en}{code}", style="" if view.state == "up" else "bold"),
            _moment(view.since, zone), str(view.sent), str(view.failed), str(view.under_way),
            _moment(view.received_at, zone, "%m-%d %H:%M"),  # it is noted once a minute
        )  # fmt: skip
    return made


def faults(views: Sequence[RoadView]) -> Table | None:
    """Errors of the last hour, the most frequent first; None where there were none."""
    made = table("経路 Road", "何が What", "コード Code", "理由 Reason", "回 Times")
    for view in views:
        for fault in view.faults:
            what, why = word("life", fault.state), word("failure", fault.reason) if fault.reason else None
            reason = f"{why.ja} {why.en}" if why else ""
            made.add_row(view.road, f"{what.ja} {what.en}", fault.code, reason, str(fault.number))
    return made if made.row_count else None


def troubles(told: Mapping[str, Sequence[Trouble]]) -> Text | None:
    """What roads noticed by themselves, the newest first; None where it is nothing."""
    lines = [f"✘ {road}: {item.ja}\n  {item.en}" for road, items in told.items() for item in items[:_MOST_TROUBLES]]
    return Text("\n".join(lines), style="bold") if lines else None


def waiting(queue: Waiting) -> Text:
    """What waits, in a line or more."""
    lines = [f"送信待ち {queue.due}通、これから {queue.later}通 / {queue.due} waiting, {queue.later} for later"]
    for code, number in sorted(queue.held.items()):
        why = word("our_code", code)
        lines.append(f"  {number}通 {why.ja} / {number} {why.en}")
    return Text("\n".join(lines))


def held(summaries: Sequence[RefusedSummary], zone: tzinfo) -> Text:
    """What is in the quarantine."""
    if not summaries:
        return Text("保留している要求はありません / No requests are held")
    lines = ["保留している要求(職員画面の「経路」で放すか捨てる) / requests held; release or drop them in the console:"]
    for item in summaries:
        why = ", ".join(f"{word('refusal', code).ja} {code} ×{number}" for code, number in item.codes.items())
        lines.append(f"  {item.gateway}/{item.account}: {item.held} ({why}) {_moment(item.last_at, zone)}")
    return Text("\n".join(lines), style="bold")


def offered(offer: Offer, road: str) -> Text:
    """What a test would send and cost."""
    lines = [
        f"経路 road: {road}", f"文 text: {offer.text}",
        f"長さ length: {offer.segments}通分 / {offer.segments} segment(s)",
        f"料金 cost: {offer.cost} {offer.currency}" + ("" if offer.cost else "(price の設定なし / price is not set)"),
    ]  # fmt: skip
    lines += [f"書き換え rewritten: {before} → {after or '(なし dropped)'}" for before, after in offer.changes]
    return Text("\n".join(lines))


def submitted(told: Submitted) -> Text:
    """What the provider answered to a test, which nobody sends again."""
    what = _NOT_NOW if told.outcome is Outcome.RETRY else word("life", told.outcome)
    more = [told.code, word("failure", told.reason).ja if told.reason else "", told.price]
    parts = [f"送信 send: {what.ja} {what.en}", *filter(None, more)]
    if told.message_id:
        parts.append(f"id {told.message_id}")
    return Text("、".join(parts))


def no_receipt(seconds: float) -> Text:
    """Nothing came, where something should have."""
    return Text(
        f"{seconds:g}秒待っても、届いたかどうかの結果が来ませんでした。 / "
        f"No receipt tells within {seconds:g} seconds whether it arrived."
    )


def said(told: Said) -> Text:
    """A receipt."""
    what = word("life", told.state)
    more = [told.code, word("failure", told.reason).ja if told.reason else "", told.price, told.carrier]
    return Text("、".join([f"配信結果 receipt: {what.ja} {what.en}", *filter(None, more)]))


def parsed(found: Parsed, answer: Answer) -> Iterable[Text]:
    """What a request brings, and what the provider would be told."""
    for text in found.texts:
        yield Text(f"受信 text: {text.sender} → {text.recipient}\n  {text.text!r} (id {text.message_id or '-'})")
        if text.part is not None:
            yield Text(f"  分割 part {text.part.number}/{text.part.total} ({text.part.reference})")
    for receipt in found.receipts:
        what = word("life", receipt.state)
        why = f"、{word('failure', receipt.reason).ja}" if receipt.reason else ""
        yield Text(
            f"配信結果 receipt: {receipt.message_id or receipt.reference}: {what.ja} {what.en} {receipt.code}{why}"
        )
    for further, known in found.ids.items():
        yield Text(f"番号 id: {further} = {known}")
    if not (found.texts or found.receipts or found.ids):
        yield Text("何も届けない要求です(確認の呼び出しなど) / It brings nothing (a verification call, for instance)")
    body = answer.body.decode("utf-8", "replace")
    yield Text(f"返す答え answer: {answer.status} {body}")


def request(shown: Shown) -> Text:
    """A request that would go out."""
    head = [f"{shown.method} {shown.url}", *(f"{name}: {value}" for name, value in shown.headers.items())]
    return Text("\n".join([*head, "", shown.body]))


def _moment(at: datetime | None, zone: tzinfo, form: str = "%m-%d %H:%M:%S") -> str:
    return at.astimezone(zone).strftime(form) if at else "-"
