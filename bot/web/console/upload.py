"""A form with a file: its token is checked before the file is read, and the file is no larger than it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aiohttp import BodyPartReader, web

from bot.web.session import CSRF_FIELD, csrf_matches

if TYPE_CHECKING:
    from bot.web.console.access import Visit

_LONGEST_FIELD = 10_000


class Upload(NamedTuple):
    """``name`` is the file's as the browser tells it."""

    name: str
    data: bytes


async def read_upload(visit: Visit, field: str, most: int) -> Upload:
    """The file of a form whose token was right and came first; ``most`` bytes.

    Raises web.HTTPForbidden for a form of another session, HTTPRequestEntityTooLarge, or HTTPBadRequest.
    """
    request, fields = visit.request, dict[str, str]()
    if request.content_type != "multipart/form-data":
        raise web.HTTPBadRequest
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise web.HTTPBadRequest
            if part.name == field:
                if not csrf_matches(visit.session, fields):
                    raise web.HTTPForbidden(reason=CSRF_FIELD)
                return Upload(part.filename or "", await _read(part, most))
            fields[part.name or ""] = (await _read(part, _LONGEST_FIELD)).decode("utf-8", "replace")
    except (ValueError, LookupError, RuntimeError):
        raise web.HTTPBadRequest from None
    raise web.HTTPForbidden(reason=CSRF_FIELD) if not csrf_matches(visit.session, fields) else web.HTTPBadRequest


async def _read(part: BodyPartReader, most: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > most:
            raise web.HTTPRequestEntityTooLarge(most, len(data))
    return bytes(data)
