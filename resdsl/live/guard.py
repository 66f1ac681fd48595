"""Who may talk to the page: the browser of this machine, with the token of this run, from the page itself.

A page of the internet can make a browser send requests to this machine, even under a name of its own that leads here
(DNS rebinding). So a request must be for an address of this machine, must not come from another page, and must know the
token, which is a secret also to other users of the machine. What it gets may load nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""The headers of every answer."""
LOOPBACK = ("127.0.0.1", "::1")
"""The addresses that the page can be at."""


def is_allowed(headers: Mapping[str, str], port: int) -> bool:
    """Whether a request comes from the page, or from someone who typed its address.

    Args:
        headers: of the request, found in any case of letters.
        port: that of the page.
    """
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "[::1]", "localhost")}
    host, origin = headers.get("Host", ""), headers.get("Origin")
    if host not in hosts or (origin is not None and origin != f"http://{host}"):
        return False
    return headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")


def knows(given: str, token: str) -> bool:
    """Whether the token in an address is the right one, compared in the same time whatever it is."""
    return compare_digest(given.encode(), token.encode())
