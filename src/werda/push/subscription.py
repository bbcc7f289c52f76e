"""Where a browser wants its pushes: an address at its maker's push service, and keys for which they are locked.

The address is a bearer secret: whoever has it can send to it. Only services that are named are ever asked, so that
nobody makes Werda call addresses inside the operator's network (SSRF).
"""

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from werda.core.malformed import Malformed
from werda.core.secret import Secret

HOSTS: Final = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
"""The push services of the browsers there are; ``*.`` stands for any name under it."""

_LONGEST: Final = 1_000
_POINT: Final = 65
_AUTH: Final = 16
_LOOPBACK: Final = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Subscription:
    """`endpoint` is an https address, `p256dh` a point on P-256 (65 bytes), `auth` sixteen bytes as base64url."""

    endpoint: Secret
    p256dh: bytes
    auth: Secret

    @classmethod
    def read(cls, endpoint: str, p256dh: str, auth: str, hosts: Collection[str]) -> Self | Malformed:
        """As a browser sent it; `hosts` are the services that may be asked. The reason never quotes what was sent."""
        if len(endpoint) > _LONGEST or not _allowed(endpoint, hosts):
            return Malformed("is the address of no push service that is known here")
        point, secret = _decoded(p256dh), _decoded(auth)
        if point is None or len(point) != _POINT or not _on_curve(point):
            return Malformed("has no key on P-256")
        if secret is None or len(secret) != _AUTH:
            return Malformed("has no secret of 16 bytes")
        return cls(Secret(endpoint), point, Secret(auth))

    @property
    def host(self) -> str:
        """Whose service it is."""
        return urlsplit(self.endpoint.reveal()).hostname or ""

    @property
    def auth_bytes(self) -> bytes:
        """The secret as it is used."""
        found = _decoded(self.auth.reveal())
        assert found is not None, "it was read"
        return found

    def text(self) -> Secret:
        """To be sealed."""
        p256dh = base64.urlsafe_b64encode(self.p256dh).decode().rstrip("=")
        return Secret(json.dumps([self.endpoint.reveal(), p256dh, self.auth.reveal()]))

    @classmethod
    def from_text(cls, text: Secret) -> Self:
        """What `text` gave."""
        endpoint, p256dh, auth = json.loads(text.reveal())
        point = _decoded(p256dh)
        assert point is not None, "it was read before it was sealed"
        return cls(Secret(endpoint), point, Secret(auth))


def _allowed(address: str, hosts: Collection[str]) -> bool:
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        return False
    name = url.hostname or ""
    if url.username is not None or not address.isascii() or not address.isprintable() or " " in address:
        return False
    if url.scheme == "http":  # a service on this very machine, as in tests
        return name in _LOOPBACK and f"http://{url.netloc}" in hosts
    fits = any(name.endswith(host[1:]) if host.startswith("*.") else name == host for host in hosts)
    return url.scheme == "https" and port in (None, 443) and fits


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _on_curve(point: bytes) -> bool:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True
