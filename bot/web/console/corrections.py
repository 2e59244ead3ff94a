"""For managers: readings that colleagues called wrong, and which of them become labelled examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.corrections.labels import CONTEXTS, LANGUAGES, LONGEST_TEXT, Labels, labels_as_read
from bot.corrections.review import LONGEST_REASON, Example
from bot.domain.errors import MimamoriError, StorageUnavailable
from bot.storage.accounts import names_by_login
from bot.web.console.access import Visit, told
from bot.web.console.labels import labels_of_form, sign_words
from bot.web.console.marks import pieces, reads
from bot.web.console.replies import form_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.storage.database import Values

_HERE = "/console/corrections"


async def show(visit: Visit) -> web.StreamResponse:
    """The list, oldest first."""
    asked = visit.request.query.get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
    waiting = await visit.ports.corrections.review.waiting(page)
    entries = [_entry(visit, row) for row in waiting.entries]
    staff = await _staff(visit)
    words = sign_words(visit.ports.library)
    return await visit.page("corrections.html", waiting=waiting, entries=entries, staff=staff, sign_words=words)


async def one(visit: Visit) -> web.StreamResponse:
    """One entry with the form of the example that it may become."""
    row = await visit.ports.corrections.review.entry(visit.number("id"))
    return await _page(visit, row, _example(row))


async def accept(visit: Visit) -> web.StreamResponse:
    """Make it an example, with the text and labels of the form."""
    review, entry_id = visit.ports.corrections.review, visit.number("id")
    row = await review.entry(entry_id)
    example = _typed(visit.form, _example(row))
    if "anonymous" not in visit.form:
        return await _page(visit, row, example, _NOT_CONFIRMED, "anonymous")
    try:
        example_id = await review.accept(entry_id, visit.who.login, example)
    except MimamoriError as error:
        return await _page(visit, row, example, _told(error), error.field or "")
    visit.say("good", f"例 {example_id} に採用しました。", f"Accepted as {example_id}.")
    raise web.HTTPSeeOther(_HERE)


async def decline(visit: Visit) -> web.StreamResponse:
    """End it without an example."""
    review, entry_id = visit.ports.corrections.review, visit.number("id")
    row = await review.entry(entry_id)
    reason = " ".join(visit.form.get("reason", "").split())
    try:
        await review.decline(entry_id, visit.who.login, reason)
    except MimamoriError as error:
        return await _page(visit, row, _example(row), _told(error), error.field or "", reason)
    visit.say("good", "見送りました。下の「最近の判断」から戻せます。", "Declined; it can be opened again below.")
    raise web.HTTPSeeOther(_HERE)


async def reopen(visit: Visit) -> web.StreamResponse:
    """Take a refusal back."""
    try:
        await visit.ports.corrections.review.reopen(visit.number("id"), visit.who.login)
    except MimamoriError as error:
        visit.say("bad", error.ja, error.en)
    else:
        visit.say("good", "見直し待ちに戻しました。", "Opened again.")
    raise web.HTTPSeeOther(_HERE)


_NOT_CONFIRMED = {
    "kind": "bad",
    "ja": "名前・番号・住所が残っていないことを確かめて、印を付けてください。",
    "en": "Make sure that no name, number or address is left, and tick the box.",
}


def _told(error: MimamoriError) -> dict[str, str]:
    if isinstance(error, StorageUnavailable):
        raise error
    return told(error)


def _example(row: Values) -> Example:
    return Example(row["text"], row["language"], row["context"], Labels.from_dict(row["wanted"]))


def _typed(form: Mapping[str, str], start: Example) -> Example:
    text = form.get("text", start.text).replace("\r\n", "\n").strip()
    labels = labels_of_form(form, start.labels)
    return Example(text, form.get("language", start.language), form.get("context", start.context), labels)


def _entry(visit: Visit, row: Values) -> dict[str, Any]:
    """An entry as it is shown: the text with its marks, what was read, what is wanted."""
    symptoms = {code: words.ja for code, words in sign_words(visit.ports.library).items()}
    text, readings = row["text"], row["reading"]
    return {
        **row, "pieces": pieces(text, readings, symptoms), "reads": reads(text, readings, symptoms),
        "read": labels_as_read(readings), "labels": Labels.from_dict(row["wanted"]),
    }  # fmt: skip


async def _staff(visit: Visit) -> Mapping[str, str]:
    async with visit.ports.database.read() as tx:
        return await names_by_login(tx)


async def _page(
    visit: Visit,
    row: Values,
    example: Example,
    message: Mapping[str, str] | None = None,
    field: str = "",
    reason: str = "",
) -> web.StreamResponse:
    return await visit.page(
        "correction.html", status=409 if message else 200, entry=_entry(visit, row), example=example,
        labels=example.labels, staff=await _staff(visit), message=message, field=field, reason=reason,
        contexts=CONTEXTS, languages=LANGUAGES, longest_text=LONGEST_TEXT, longest_reason=LONGEST_REASON,
        **form_values(visit, example.labels),
    )  # fmt: skip
