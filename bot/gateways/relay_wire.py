"""What relay and inside say to each other: numbered, chained and signed records; signed heads, acks and questions."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.domain.errors import InvalidInput

if TYPE_CHECKING:
    from bot.gateways.relay_seal import InsideKeys, InsidePublic, RelayKey, RelayPublic

FETCH, ACK = "/relay/fetch", "/relay/ack"
NONCE_HEADER = "Relay-Nonce"
SIGNATURE_HEADER = "Relay-Signature"
FIRST = "0" * 64
"""What the first record of a store follows."""
_SIGNATURE = 64


@dataclass(frozen=True, slots=True)
class Record:
    """A sealed request. ``prev`` is the hash of the record before it; ``at`` the moment at which it came."""

    store: str
    seq: int
    prev: str
    at: datetime
    box: bytes
    hash: str


def write_record(key: RelayKey, store: str, seq: int, prev: str, at: datetime, box: bytes) -> bytes:
    """A record as it lies on disk and goes over the wire: a line of JSON, the box, 64 bytes of signature."""
    head = {"v": 1, "store": store, "seq": seq, "prev": prev, "at": at.isoformat(), "size": len(box)}
    signed = canonical(head) + b"\n" + box
    return signed + key.sign(signed)


def read_record(data: bytes, relay: RelayPublic) -> Record:
    """A record whose signature is the relay's; raises InvalidInput for any other."""
    signed, signature = data[:-_SIGNATURE], data[-_SIGNATURE:]
    line, _, box = signed.partition(b"\n")
    if relay.signed(signed, base64.b64encode(signature).decode()):
        head = json.loads(line)
        return Record(
            head["store"], head["seq"], head["prev"], datetime.fromisoformat(head["at"]), box, record_hash(data)
        )
    raise InvalidInput("中継の署名がありません。", "The relay did not sign this.", field="record")


def record_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Ack:
    """The inside has what stood under ``name``, with that hash; signed, so that nobody else removes anything."""

    name: int
    hash: str
    signature: str

    @classmethod
    def make(cls, keys: InsideKeys, store: str, name: int, record: str) -> Ack:
        return cls(name, record, keys.sign(_ack(store, name, record)))

    def is_from(self, inside: InsidePublic, store: str) -> bool:
        return inside.signed(_ack(store, self.name, self.hash), self.signature)

    def as_list(self) -> list[Any]:
        return [self.name, self.hash, self.signature]

    @classmethod
    def from_list(cls, item: object) -> Ack:
        """Raises InvalidInput."""
        match item:
            case [int(name), str(record), str(signature)] if name > 0:
                return cls(name, record, signature)
        raise InvalidInput("受領の形が違います。", "This is no acknowledgement.", field="acks")


def sign_head(key: RelayKey, store: str, seq: int, last: str, nonce: str) -> dict[str, Any]:
    """What the relay says that its newest record is; fresh, for it repeats the inside's nonce."""
    head = {"v": 1, "store": store, "seq": seq, "hash": last, "nonce": nonce}
    return {**head, "signature": base64.b64encode(key.sign(b"head\n" + canonical(head))).decode()}


def read_head(told: object, relay: RelayPublic, nonce: str) -> tuple[str, int, str]:
    """Store, number and hash of the newest record; raises InvalidInput where the relay did not say so just now."""
    if isinstance(told, dict):
        head = {name: value for name, value in told.items() if name != "signature"}
        if head.get("nonce") == nonce and relay.signed(b"head\n" + canonical(head), str(told.get("signature"))):
            return str(head["store"]), int(head["seq"]), str(head["hash"])
    raise InvalidInput(
        "中継の署名が正しくありません。relay(公開鍵)と url を確かめてください。",
        "The relay's signature is wrong. Check the settings relay (its public key) and url.", field="relay",
    )  # fmt: skip


def question(path: str, nonce: str, body: bytes) -> bytes:
    """What the inside signs to be heard: the relay's nonce, used once, and all that it asks."""
    return b"\n".join((b"ask", path.encode(), nonce.encode(), hashlib.sha256(body).hexdigest().encode()))


def canonical(told: dict[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def decoded(text: object) -> bytes:
    """Bytes of a record on the wire; raises InvalidInput."""
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("中継の答えを読めません。", "The relay's answer cannot be read.", field="records") from None


def _ack(store: str, name: int, record: str) -> bytes:
    return f"ack\n{store}\n{name}\n{record}".encode()
