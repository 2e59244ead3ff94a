"""AWS Signature Version 4 for a request without a query.

Source: AWS, "Create a signed AWS API request" (IAM user guide); tested with AWS's published signature test suite.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """An access key for one service in one region; ``token`` is that of temporary credentials."""

    key_id: str
    secret: str
    region: str
    service: str
    token: str = ""

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str], now: datetime) -> dict[str, str]:
        """The headers to send: the given ones, all of them signed, with date and ``Authorization``."""
        moment, parts = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"), urlsplit(url)
        sent = {**headers, "Host": parts.netloc, "X-Amz-Date": moment}
        sent |= {"X-Amz-Security-Token": self.token} if self.token else {}
        lines = {name.lower(): " ".join(value.split()) for name, value in sent.items()}
        names = ";".join(sorted(lines))
        canonical = "\n".join(
            [
                method,
                parts.path or "/",
                "",  # the query
                *(f"{name}:{lines[name]}" for name in sorted(lines)),
                "",
                names,
                hashlib.sha256(body).hexdigest(),
            ]
        )
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        words = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        signature = hmac.new(self._key(moment[:8]), words.encode(), "sha256").hexdigest()
        told = f"{_ALGORITHM} Credential={self.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        return {**sent, "Authorization": told}

    def _key(self, date: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for word in (date, self.region, self.service, "aws4_request"):
            key = hmac.digest(key, word.encode(), "sha256")
        return key
