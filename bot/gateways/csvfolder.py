"""CSV hand-off, for networks that nobody outside can reach (LGWAN): files out to the vendor's screen, exports back in.

``send`` keeps a text durably; ``run`` writes the files, and takes exports from the folder. A text counts as accepted
once it is kept: handed over, to be carried by a person. There is no webhook. Layouts and words are settings; none of
the shipped ones is a certain vendor's.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

import structlog
from pydantic import Field, field_validator

from bot.domain.errors import SettingsError
from bot.domain.gateway import Abilities, Parsed
from bot.domain.messages import Inbound, Outbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.account import Account, Charset, Secret
from bot.gateways.base import BaseGateway, refused
from bot.gateways.csvfolder_cells import NEEDED, PLACEHOLDERS, PRESETS, BadRow, Layout, is_formula
from bot.gateways.csvfolder_export import ExportForm, read_export
from bot.gateways.csvfolder_inbox import ExportInbox
from bot.gateways.csvfolder_sign import Signer
from bot.gateways.csvfolder_spool import NotTaken, Spool, Timing
from bot.gateways.csvfolder_words import REPLY_COLUMNS, RESULT_COLUMNS, read_states

if TYPE_CHECKING:
    from bot.domain.gateway import Deliver, WebRequest

log = structlog.get_logger(__name__)
_PURGE_EVERY = timedelta(hours=1)


class CsvfolderAccount(Account):
    charset: Charset = Field(default="shift_jis", description="Characters that the road carries")
    folder: Path = Field(description="Folder of the hand-off; only this program and the carrier may read it")
    key: Secret = Field(description="Names rows, and signs files: 16 characters or more; never change it")
    signing_key: Secret | None = Field(default=None, description="Ed25519 private key for the files; none: HMAC by key")
    preset: Literal["japanese", "english", "bare"] = Field(default="japanese", description="Layout of the files")
    columns: tuple[tuple[str, str], ...] = Field(default=(), description="Title and content of each column")
    header: bool | None = Field(default=None, description="Whether the first line has the titles; none: by preset")
    encoding: Literal["cp932", "utf-8-sig", "utf-8"] = Field(default="cp932", description="Encoding of the files")
    newline: Literal["crlf", "lf"] = Field(default="crlf", description="End of each row")
    delimiter: Literal[",", "\t", ";"] = Field(default=",", description="Between the cells")
    line_break: str = Field(default="\n", max_length=6, description="What a new line in a text becomes")
    number: Literal["090", "090-", "81", "+81"] = Field(default="090", description="How numbers are written")
    guard: str = Field(
        default="・", max_length=3, description="Put before a text that begins like a formula; empty: it is refused"
    )
    every_minutes: float = Field(default=5, gt=0, le=1440, description="A text waits so long at most for its file")
    rows: int = Field(default=500, ge=1, le=10_000, description="Texts in one file")
    at: tuple[time, ...] = Field(default=(), description="Files are made at these times instead of every_minutes")
    timezone: str = Field(default="Asia/Tokyo", description="Zone of the times in files and exports")
    export_encoding: Literal["auto", "utf-8", "cp932"] = Field(default="auto", description="Encoding of exports")
    results: dict[str, tuple[str, ...]] = Field(default={}, description="Names of the columns of results")
    replies: dict[str, tuple[str, ...]] = Field(default={}, description="Names of the columns of replies")
    states: dict[str, str] = Field(default={}, description="Words of results: state, or state and reason")
    settle_seconds: float = Field(default=10, gt=0, le=3600, description="A dropped file is taken when so long at rest")
    look_seconds: float = Field(default=2, gt=0, le=600, description="How often the folder is looked at")
    most_megabytes: int = Field(default=20, ge=1, le=500, description="Largest export")
    keep_days: int = Field(default=30, ge=2, le=3650, description="Days that carried and taken files are kept")

    @field_validator("columns")
    @classmethod
    def _whole(cls, columns: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        contents = [content for _, content in columns]
        if columns and not set(NEEDED) <= set(contents):
            raise ValueError(f"needs columns with {', '.join(NEEDED)}")
        strange = [c for c in contents if c not in PLACEHOLDERS and ("{" in c or is_formula(c))]
        if strange or any(is_formula(title) for title, _ in columns):
            raise ValueError(f"a column holds one of {', '.join(PLACEHOLDERS)}, or plain words that are no formula")
        return columns

    @field_validator("results", "replies")
    @classmethod
    def _named(cls, names: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        known = {*RESULT_COLUMNS, *REPLY_COLUMNS}
        if not names.keys() <= known:
            raise ValueError(f"columns are called {', '.join(sorted(known))}")
        return names

    @field_validator("guard")
    @classmethod
    def _harmless(cls, guard: str) -> str:
        if guard and is_formula(guard):
            raise ValueError("begins like a formula itself")
        return guard

    @field_validator("timezone")
    @classmethod
    def _zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("not an IANA time zone name such as Asia/Tokyo")
        return name


class CsvfolderGateway(BaseGateway[CsvfolderAccount]):
    """One hand-off folder; ``spool`` is its way out, ``inbox`` its way in."""

    settings = CsvfolderAccount
    abilities: ClassVar[Abilities] = Abilities(can_ask=True, standing=True, repeats=True)
    methods: ClassVar[tuple[str, ...]] = ()  # no vendor calls here

    def __init__(self, account: CsvfolderAccount) -> None:
        super().__init__(account)
        zone = ZoneInfo(account.timezone)
        header, columns = PRESETS[account.preset]
        self.signer = Signer(
            account.key.get_secret_value(), account.signing_key.get_secret_value() if account.signing_key else ""
        )
        self._layout = Layout(
            account.columns or columns, header if account.header is None else account.header, account.encoding,
            "\r\n" if account.newline == "crlf" else "\n", account.delimiter, account.line_break, account.number,
            account.guard, account.sender,
        )  # fmt: skip
        timing = Timing(timedelta(minutes=account.every_minutes), account.rows, account.at, zone)
        self.spool = Spool(account.folder, account.account, timing)
        self._form = ExportForm(
            {**RESULT_COLUMNS, **account.results}, {**REPLY_COLUMNS, **account.replies}, read_states(account.states),
            account.export_encoding, zone, account.sender,
        )  # fmt: skip
        settle, most = timedelta(seconds=account.settle_seconds), account.most_megabytes * 1_000_000
        self.inbox = ExportInbox(account.folder, self._form, self.signer, settle=settle, most=most)
        self._purged = datetime.min.replace(tzinfo=UTC)

    async def verify(self, request: WebRequest, now: datetime) -> None:  # noqa: ARG002  # nothing proves it
        """No vendor calls here: whatever comes by the webhook is refused."""
        raise refused("unsigned")

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        """Replies of an export; raises InvalidInput where the body is none."""
        return read_export(request.body, self._form, self.signer).texts

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        """Results of an export; raises InvalidInput where the body is none."""
        return read_export(request.body, self._form, self.signer).receipts

    async def send(self, text: Outbound) -> Submitted:
        """Accepted means: kept on disk, to go into the next file. The code says whether the guard stands before it."""
        try:
            self._layout.check(text.text)
            _, guarded = self._layout.row(text.reference, text.recipient, text.text)
        except BadRow as row:
            return Submitted(Outcome.REJECTED, code=row.code, reason=row.reason)
        entry = {"reference": text.reference, "recipient": text.recipient, "text": text.text}
        try:
            await asyncio.to_thread(self.spool.add, entry, self.clock.now())
        except NotTaken as error:
            return Submitted(Outcome.RETRY, code=str(error), reason=Reason.BUSY)
        except OSError as error:
            return Submitted(Outcome.UNKNOWN, code=type(error).__name__)
        return Submitted(Outcome.ACCEPTED, text.reference, code="hand_off_guarded" if guarded else "hand_off")

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:  # noqa: ARG002  # ours is enough
        """The folder remembers every reference."""
        try:
            there = await asyncio.to_thread(self.spool.has, text.reference)
        except OSError as error:
            return Submitted(Outcome.UNKNOWN, code=type(error).__name__)
        return Submitted(Outcome.ACCEPTED, text.reference) if there else Submitted(Outcome.RETRY, code="never_arrived")

    async def run(self, deliver: Deliver) -> None:
        """Make files and take exports until cancelled; a folder or database that is away is tried again."""
        while True:
            for work in (self.make_files, partial(self.tell, deliver), partial(self.take_exports, deliver)):
                try:
                    await work()
                except Exception as error:  # noqa: BLE001  # nothing was moved; all is tried again
                    log.error("csvfolder.failed", account=self.account, error=type(error).__name__)
            await asyncio.sleep(self.mine.look_seconds)

    async def make_files(self, *, at_once: bool = False) -> list[str]:
        """Make the files that are due (``at_once``: of all that waits); their names. Raises OSError."""
        now = self.clock.now()
        made = await asyncio.to_thread(self.spool.make_files, self._layout, self.signer, now, at_once=at_once)
        if made:
            log.info("csvfolder.made", account=self.account, files=len(made))
        return made

    async def tell(self, deliver: Deliver) -> None:
        """Write into each text's life that it is in a file, and that a person carried it; raises what the commit did.

        Its state stays *accepted*: only the vendor's result says more.
        """
        for batch_id, references, told, at in await asyncio.to_thread(self.spool.untold):
            receipts = [
                Receipt(ref, TextState.ACCEPTED, f"hand_off_{told}", reference=ref, at=at) for ref in references
            ]
            await deliver(Parsed(receipts=tuple(receipts)))
            await asyncio.to_thread(self.spool.note_told, batch_id, told)

    async def take_exports(self, deliver: Deliver) -> None:
        """Take the exports that are ready; raises what the disk or the commit did. Old files are cleared away."""
        now = self.clock.now()
        await self.inbox.look(deliver, now)
        if now - self._purged > _PURGE_EVERY:
            before = now - timedelta(days=self.mine.keep_days)
            await asyncio.to_thread(self.spool.purge, before)
            await asyncio.to_thread(self.inbox.purge, before)
            self._purged = now

    async def check(self) -> list[str]:
        found: list[str] = []
        try:
            await asyncio.to_thread(self.spool.prepare)
            await asyncio.to_thread(self.inbox.prepare)
        except OSError as error:
            found.append(
                f"フォルダー {self.mine.folder} に書き込めません({error.strerror})。"
                f" / Cannot write to {self.mine.folder} ({error.strerror})."
            )
        else:
            if self.mine.folder.stat().st_mode & 0o007:
                found.append(
                    f"フォルダー {self.mine.folder} をほかの利用者が読めます。chmod o-rwx してください。"
                    f" / Others can read {self.mine.folder}: chmod o-rwx."
                )
        if self.mine.encoding == "cp932" and self.mine.charset == "unicode":
            found.append(
                "encodingがcp932ならcharsetはshift_jisにしてください。表にない文字の入ったSMSは断られます。"
                " / With encoding cp932 set charset to shift_jis: texts with other characters are rejected."
            )
        return found


def hand_off(gateway: object) -> CsvfolderGateway:
    """A road as a hand-off folder; raises SettingsError where it is another kind."""
    if not isinstance(gateway, CsvfolderGateway):
        raise SettingsError(
            "このアカウントはCSVの受け渡し(csvfolder)ではありません。",
            "This account is no CSV hand-off (csvfolder).", field="account",
        )  # fmt: skip
    return gateway
