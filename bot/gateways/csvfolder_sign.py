"""The manifest beside each file: what it holds, its SHA-256, and a signature that whoever carries it can check."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.domain.errors import InvalidInput, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".manifest.json"
FORMAT = "mimamori-csv-1"
_LARGEST = 100_000


class Signer:
    """Signs manifests: with Ed25519 where a signing key is given, else with HMAC-SHA-256.

    ``key`` (at least 16 characters) is the account's; ``signing_key`` is an Ed25519 private key, base64 of its 32
    bytes. Raises SettingsError for anything else.
    """

    def __init__(self, key: str, signing_key: str = "") -> None:
        if len(key) < 16:
            raise SettingsError("keyは16文字以上にしてください。", "key needs 16 characters or more.", field="key")
        self._mac = hmac.digest(key.encode(), b"mimamori csv manifest", hashlib.sha256)
        self._rows = hmac.digest(key.encode(), b"mimamori csv rows", hashlib.sha256)
        self._private = _private(signing_key) if signing_key else None

    @property
    def public_key(self) -> str:
        """The Ed25519 public key, base64; "" where files are signed with HMAC."""
        return base64.b64encode(self._private.public_key().public_bytes_raw()).decode() if self._private else ""

    def row_id(self, *cells: str) -> str:
        """A stable name of a row (32 hex digits) that tells nothing of what stands in it."""
        return hmac.digest(self._rows, "\0".join(cells).encode("utf-8", "surrogatepass"), hashlib.sha256).hex()[:32]

    def manifest(self, data: bytes, facts: dict[str, Any]) -> bytes:
        """The manifest of a file: ``facts``, its SHA-256 and size, and the signature over all of them."""
        algorithm = "ed25519" if self._private else "hmac-sha256"
        told = {"format": FORMAT, **facts, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        told |= {"algorithm": algorithm, **({"public_key": self.public_key} if self._private else {})}
        return json.dumps({**told, "signature": self._sign(told)}, ensure_ascii=False, indent=1).encode() + b"\n"

    def _sign(self, told: dict[str, Any]) -> str:
        text = canonical(told)
        signature = self._private.sign(text) if self._private else hmac.digest(self._mac, text, hashlib.sha256)
        return base64.b64encode(signature).decode()

    def check(self, data: bytes, manifest: bytes) -> dict[str, Any]:
        """The facts of a manifest that fits the file; raises InvalidInput naming what does not."""
        told = read_manifest(manifest)
        signature, algorithm = _decoded(told.pop("signature")), told.get("algorithm")
        if algorithm == "ed25519" and self._private:
            _check_ed25519(self.public_key, signature, told)
        elif algorithm != "hmac-sha256" or not hmac.compare_digest(
            signature, hmac.digest(self._mac, canonical(told), hashlib.sha256)
        ):
            raise _wrong_signature()
        return _checked_content(data, told)


def check_public(data: bytes, manifest: bytes, public_key: str) -> dict[str, Any]:
    """As ``Signer.check``, by the Ed25519 public key alone: for machines that must not hold a secret."""
    told = read_manifest(manifest)
    signature = _decoded(told.pop("signature"))
    if told.get("algorithm") != "ed25519":
        raise InvalidInput(
            "このファイルはHMACで署名されています。秘密のkeyがある機械で確かめてください。",
            "This file is signed with HMAC; check it where the secret key is.", field="algorithm",
        )  # fmt: skip
    _check_ed25519(public_key, signature, told)
    return _checked_content(data, told)


def read_manifest(manifest: bytes) -> dict[str, Any]:
    """A manifest's facts with its signature, unchecked; raises InvalidInput."""
    try:
        told = json.loads(manifest) if len(manifest) <= _LARGEST else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("format") != FORMAT or not isinstance(told.get("signature"), str):
        raise InvalidInput(
            f"確認用のファイル(…{SUFFIX})ではありません。", f"This is no manifest (…{SUFFIX}).", field="manifest"
        )
    return told


def manifest_of(file: Path) -> Path:
    """Where a file's manifest lies."""
    return file.with_name(file.name + SUFFIX)


def canonical(told: dict[str, Any]) -> bytes:
    """The bytes that are signed: JSON with sorted names, without spaces, in UTF-8."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _checked_content(data: bytes, told: dict[str, Any]) -> dict[str, Any]:
    if hashlib.sha256(data).hexdigest() != told.get("sha256"):
        raise InvalidInput(
            "ファイルの中身が、作られたときと違います(開いて保存し直した、途中までしか写っていない、など)。"
            "運ばずに、作り直すか元のファイルを写し直してください。",
            "The file is not as it was made (saved again by a spreadsheet, or copied in part). Copy it again.",
            field="sha256",
        )
    return told


def _check_ed25519(public_key: str, signature: bytes, told: dict[str, Any]) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(_decoded(public_key)).verify(signature, canonical(told))
    except (InvalidSignature, ValueError):
        raise _wrong_signature() from None


def _wrong_signature() -> InvalidInput:
    return InvalidInput(
        "署名が正しくありません。別の鍵で作られたか、確認用のファイルが書き換えられています。運ばないでください。",
        "The signature is wrong: another key made it, or the manifest was changed. Do not carry it.",
        field="signature",
    )


def _decoded(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _private(text: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(_decoded(text))
    except ValueError:
        raise SettingsError(
            "signing_keyはEd25519の秘密鍵(32バイトのbase64)です。",
            "signing_key is an Ed25519 private key: base64 of its 32 bytes.", field="signing_key",
        ) from None  # fmt: skip
