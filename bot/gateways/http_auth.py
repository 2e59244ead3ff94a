"""Headers with which we show a provider who we are."""

from __future__ import annotations

import base64


def basic(user: str, password: str) -> dict[str, str]:
    """Basic authentication in UTF-8 (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    """A bearer token (RFC 6750)."""
    return {"Authorization": f"Bearer {token}"}
