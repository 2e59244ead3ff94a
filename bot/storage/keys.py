"""Keys: AES-GCM for what must not be readable in the database, HMAC-SHA-256 to find a phone number again."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.domain.errors import StorageUnusable
from bot.storage.folder import make_private

_NONCE = 12
_OWNER_ONLY = 0o600


class Keyring:
    """Seals and opens bytes. A sealed value is: one byte of key id, the nonce, the ciphertext with its tag."""

    def __init__(self, keys: dict[int, bytes], active: int, lookup: bytes) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._ciphers[active]  # KeyError where the key to seal with is missing
        self._active = active
        self._lookup = lookup
        self.session_key = hmac.digest(lookup, b"browser sessions", hashlib.sha256)

    @classmethod
    def fresh(cls) -> Keyring:
        """New keys that are kept nowhere (for tests)."""
        return cls({1: AESGCM.generate_key(256)}, 1, os.urandom(32))

    @classmethod
    def load_or_create(cls, path: Path) -> Keyring:
        """The keys in ``path``; made there (readable by the owner alone) at the first start."""
        try:
            if not path.exists():
                _create(path)
        except OSError as error:
            raise StorageUnusable(
                f"鍵ファイル {path} を作れません({error.strerror})。",
                f"The key file {path} cannot be made ({error.strerror}).",
            ) from error
        try:
            data = json.loads(path.read_text())
            keys = {int(key_id): base64.b64decode(key) for key_id, key in data["keys"].items()}
            return cls(keys, int(data["active"]), base64.b64decode(data["lookup"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageUnusable(
                f"鍵ファイル {path} を読めません。バックアップから戻してください。",
                f"The key file {path} cannot be read. Restore it from a backup.",
            ) from error

    def seal(self, value: str) -> bytes:
        nonce = os.urandom(_NONCE)
        data = value.encode("utf-8", "surrogatepass")
        return bytes([self._active]) + nonce + self._ciphers[self._active].encrypt(nonce, data, None)

    def open(self, sealed: bytes) -> str:
        """The value; raises StorageUnusable where the key is missing or wrong."""
        try:
            cipher = self._ciphers[sealed[0]]
            data = cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], None)
        except (KeyError, InvalidTag, IndexError, ValueError) as error:
            raise StorageUnusable(
                "鍵ファイルがこのデータベースのものではありません。",
                "The key file does not belong to this database.",
            ) from error
        return data.decode("utf-8", "surrogatepass")

    def lookup(self, value: str) -> bytes:
        """The keyed hash under which a value is found (32 bytes)."""
        return hmac.digest(self._lookup, value.encode(), hashlib.sha256)


def _create(path: Path) -> None:
    make_private(path.parent)
    data = {
        "keys": {"1": base64.b64encode(AESGCM.generate_key(256)).decode()},
        "active": 1,
        "lookup": base64.b64encode(os.urandom(32)).decode(),
    }
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY), "w") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(fresh, path)  # the first of two starting processes wins
    fresh.unlink()
