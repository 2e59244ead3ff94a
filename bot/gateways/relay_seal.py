"""Keys of the relay and of its inside, and the box that only the inside can open.

A box: one byte of version, an X25519 public key made for it alone (32 bytes), and the content under AES-256-GCM with a
key from HKDF-SHA-256 over both public keys and the shared secret. The sender keeps nothing with which to open it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.domain.errors import InvalidInput, SettingsError
from bot.domain.gateway import WebRequest

_VERSION = b"\x01"
_PADDED = 1024
"""Contents are filled up to a multiple of so many bytes: their length tells nothing of the text."""
_INFO = b"mimamori relay box 1"
_KEY, _NONCE = 32, 12


@dataclass(frozen=True, slots=True)
class Kept:
    """A request as it came to the relay, for which road, and when."""

    kind: str
    account: str
    at: datetime
    request: WebRequest


class InsideKeys:
    """The inside's private keys: one opens boxes, one signs. Text: base64 of both, 64 bytes."""

    def __init__(self, text: str) -> None:
        data = _decoded(text, 64, "key", "inside.key")
        self._box = X25519PrivateKey.from_private_bytes(data[:32])
        self._sign = Ed25519PrivateKey.from_private_bytes(data[32:])

    @property
    def public(self) -> str:
        """What the relay is given: base64 of both public keys, 64 bytes."""
        both = self._box.public_key().public_bytes_raw() + self._sign.public_key().public_bytes_raw()
        return base64.b64encode(both).decode()

    def sign(self, data: bytes) -> str:
        return base64.b64encode(self._sign.sign(data)).decode()

    def open(self, box: bytes) -> bytes:
        """The content; raises InvalidInput where the box was made for another key, or changed."""
        try:
            sender = X25519PublicKey.from_public_bytes(box[1:33])
            key, nonce = _derived(self._box.exchange(sender), box[1:33], self._box.public_key().public_bytes_raw())
            return AESGCM(key).decrypt(nonce, box[33:], _INFO + box[:1])
        except (InvalidTag, ValueError):
            raise InvalidInput(
                "中身を開けません(別の鍵で封がされたか、書き換えられています)。",
                "It cannot be opened: sealed for another key, or changed.", field="box",
            ) from None  # fmt: skip


class InsidePublic:
    """What the relay knows of its inside: to whom it seals, and whose signatures it believes."""

    def __init__(self, text: str) -> None:
        data = _decoded(text, 64, "inside", "inside.pub")
        self._box, self._box_bytes = X25519PublicKey.from_public_bytes(data[:32]), data[:32]
        self._verify = Ed25519PublicKey.from_public_bytes(data[32:])

    def signed(self, data: bytes, signature: str) -> bool:
        return _verified(self._verify, data, signature)

    def seal(self, content: bytes) -> bytes:
        own = X25519PrivateKey.generate()
        public = own.public_key().public_bytes_raw()
        key, nonce = _derived(own.exchange(self._box), public, self._box_bytes)
        return _VERSION + public + AESGCM(key).encrypt(nonce, content, _INFO + _VERSION)


class RelayKey:
    """The relay's own signing key. Text: base64 of 32 bytes. It opens nothing."""

    def __init__(self, text: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(_decoded(text, 32, "key", "relay.key"))

    @property
    def public(self) -> str:
        return base64.b64encode(self._private.public_key().public_bytes_raw()).decode()

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(data)


class RelayPublic:
    """What the inside knows of its relay."""

    def __init__(self, text: str) -> None:
        self._public = Ed25519PublicKey.from_public_bytes(_decoded(text, 32, "relay", "relay.pub"))

    def signed(self, data: bytes, signature: str) -> bool:
        return _verified(self._public, data, signature)


def new_keys() -> dict[str, str]:
    """Fresh keys by the names of their files: inside.key and relay.key are secret, the .pub are for the other side."""
    inside = X25519PrivateKey.generate().private_bytes_raw() + Ed25519PrivateKey.generate().private_bytes_raw()
    relay = Ed25519PrivateKey.generate().private_bytes_raw()
    inside_key, relay_key = (base64.b64encode(key).decode() for key in (inside, relay))
    return {
        "inside.key": inside_key,
        "inside.pub": InsideKeys(inside_key).public,
        "relay.key": relay_key,
        "relay.pub": RelayKey(relay_key).public,
    }


def pack(kept: Kept) -> bytes:
    """A request as bytes, filled up with blanks."""
    asked = kept.request
    told = {
        "kind": kept.kind, "account": kept.account, "at": kept.at.isoformat(), "method": asked.method,
        "url": asked.url, "headers": dict(asked.headers), "peer": asked.peer,
        "body": base64.b64encode(asked.body).decode(),
    }  # fmt: skip
    data = json.dumps(told).encode("utf-8")
    return data + b" " * (-len(data) % _PADDED)


def unpack(data: bytes) -> Kept:
    """The request; raises InvalidInput."""
    try:
        told = json.loads(data)
        request = WebRequest(
            told["method"], told["url"], told["headers"], base64.b64decode(told["body"]), str(told["peer"])
        )
        return Kept(str(told["kind"]), str(told["account"]), datetime.fromisoformat(told["at"]), request)
    except (ValueError, LookupError, TypeError):
        raise InvalidInput("中身を読めません。", "The content cannot be read.", field="box") from None


def _derived(shared: bytes, sender: bytes, receiver: bytes) -> tuple[bytes, bytes]:
    made = HKDF(hashes.SHA256(), _KEY + _NONCE, salt=sender + receiver, info=_INFO).derive(shared)
    return made[:_KEY], made[_KEY:]


def _verified(key: Ed25519PublicKey, data: bytes, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _decoded(text: str, size: int, field: str, file: str) -> bytes:
    try:
        data = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != size:
        raise SettingsError(
            f"{field}は mimamori relay keys で作った {file} の中身です。",
            f"{field} is the content of {file}, made by mimamori relay keys.", field=field,
        )  # fmt: skip
    return data
