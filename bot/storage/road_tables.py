"""Tables of the roads: what providers said of each text, pieces of long texts, and requests that were not believed."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint

from bot.storage.types import Day, Moment, RowId, Sealed

_required = partial(Column, nullable=False)


def text_events(metadata: MetaData) -> Table:
    """The life of each text, a row for each thing that was done or said; rows are only added.

    ``price`` is what the provider says it charges ("3.30 JPY"); ``said_at`` the carrier's own time.
    """
    return Table(
        "text_events",
        metadata,
        Column("id", RowId, primary_key=True),
        _required("outbox_id", RowId, ForeignKey("outbox.id")),
        _required("at", Moment),
        _required("state", String(12)),
        _required("road", String(80)),
        _required("code", String(60)),
        _required("reason", String(20)),
        Column("said_at", Moment),
        Column("segments", Integer),
        _required("price", String(20)),
        _required("carrier", String(40)),
        Index(None, "outbox_id"),
        Index(None, "at"),
    )


def text_ids(metadata: MetaData) -> Table:
    """Ids under which a road tells of a text; several where it cuts a long one itself.

    ``series`` is the same for the parts of one submission, NULL for an id of a whole text; ``arrived``: that part has.
    """
    return Table(
        "text_ids",
        metadata,
        Column("road", String(80), primary_key=True),
        Column("message_id", String(120), primary_key=True),
        _required("outbox_id", RowId, ForeignKey("outbox.id")),
        Column("series", String(120)),
        _required("arrived", Boolean),
        Index(None, "outbox_id"),
    )


def parts(metadata: MetaData, sealed: Sealed) -> Table:
    """Pieces of long texts until the last one is there, and a while longer: they may be delivered again.

    ``series`` is a keyed hash of sender, recipient and reference. ``state``: waiting; looked (read for danger while
    the others are awaited); told (in the inbox already, for the danger in it); done (its series is in the inbox).
    """
    return Table(
        "parts",
        metadata,
        Column("id", RowId, primary_key=True),
        _required("gateway", String(40)),
        _required("account", String(40)),
        _required("series", String(64)),
        _required("number", Integer),
        _required("total", Integer),
        _required("message_id", String(120)),
        _required("payload", sealed),
        Column("raw", sealed),
        _required("received_at", Moment),
        _required("state", String(10)),
        UniqueConstraint("gateway", "account", "series", "number"),
        Index(None, "series"),
        Index(None, "gateway", "account", "message_id"),
        Index(None, "state"),
        Index(None, "received_at"),
    )


def refused_requests(metadata: MetaData, sealed: Sealed) -> Table:
    """Requests that did not prove where they came from; ``state`` see ``refused.Refused``.

    ``source`` is a keyed hash of the address that sent it, ``size`` its bytes, ``identity`` a keyed hash of the whole.
    """
    return Table(
        "refused_requests",
        metadata,
        Column("id", RowId, primary_key=True),
        _required("gateway", String(40)),
        _required("account", String(40)),
        _required("at", Moment),
        _required("code", String(20)),
        _required("request", sealed),
        _required("size", Integer),
        _required("source", String(16)),
        _required("state", String(10)),
        Column("decided_by", String(60)),
        Column("decided_at", Moment),
        _required("identity", String(32)),
        Index(None, "gateway", "account", "identity"),
        Index(None, "gateway", "account", "state", "size"),
        Index(None, "state"),
    )


def refused_texts(metadata: MetaData) -> Table:
    """The gateway's ids of all texts in a held request, where it brings texts alone: they may come by another one."""
    return Table(
        "refused_texts",
        metadata,
        Column("refused_id", RowId, ForeignKey("refused_requests.id"), primary_key=True),
        Column("message_id", String(120), primary_key=True),
        _required("gateway", String(40)),
        _required("account", String(40)),
    )


def roads(metadata: MetaData) -> Table:
    """How each road does: told by those who use it, read by the console and by other processes.

    ``state``: up, down, or probing (down, and one text is under way to see whether it still is). ``since``: when it
    came up or went down. ``probe_at``: when one text may try a road that is down.
    """
    return Table(
        "roads",
        metadata,
        Column("road", String(80), primary_key=True),
        _required("state", String(12)),
        _required("since", Moment),
        _required("code", String(60)),
        _required("failures", Integer),
        Column("sent_at", Moment),
        Column("received_at", Moment),
        Column("looked_back_to", Moment),
        Column("probe_at", Moment),
    )


def spending(metadata: MetaData) -> Table:
    """Segments and money of an office's day; ``millis`` are thousandths of the currency's unit."""
    return Table(
        "spending",
        metadata,
        Column("office", String(40), primary_key=True),
        Column("day", Day, primary_key=True),
        Column("currency", String(3), primary_key=True),
        _required("texts", Integer),
        _required("segments", Integer),
        _required("millis", Integer),
    )
