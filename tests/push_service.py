"""A push service as browsers' makers run one, and a browser that waits there: other people's cloud.

It checks what it gets with the libraries of the standards themselves: py_vapid for our name (RFC 8292), http_ece for
what is locked (RFC 8291).
"""

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece  # type: ignore[import-untyped]  # no types
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02  # type: ignore[import-untyped]  # no types


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@dataclass
class Waiting:
    """A browser's subscription at a service, with the halves of its keys that only it has."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def fields(self) -> dict[str, str]:
        """What the browser tells the page."""
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"endpoint": self.endpoint, "p256dh": _text(point), "auth": _text(self.auth)}

    def reads(self, body: bytes) -> dict[str, str]:
        """What it says, unlocked."""
        said: dict[str, str] = json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth))
        return said


@dataclass
class Got:
    """One push as the service got it."""

    path: str
    headers: Message
    body: bytes

    def in_whose_name(self) -> dict[str, Any]:
        """The claims, if they are signed by the key that is named (RFC 8292)."""
        authorization = str(self.headers["Authorization"])
        assert Vapid02.verify(authorization)
        token = authorization.split("t=")[1].split(",")[0]
        payload = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    @property
    def key(self) -> str:
        """The public key that is named."""
        return str(self.headers["Authorization"]).split("k=")[1]


@dataclass
class PushService:
    """Answers with `status` and `headers` what comes; keeps it."""

    address: str
    got: list[Got] = field(default_factory=list)
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)

    def browser(self, name: str = "a") -> Waiting:
        return Waiting(f"{self.address}/push/{name}-{os.urandom(8).hex()}")

    def wait_for(self, many: int) -> list[Got]:
        deadline = time.monotonic() + 20
        while len(self.got) < many and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.got) >= many
        return self.got


@contextmanager
def push_service() -> Iterator[PushService]:
    """One on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.got.append(Got(self.path, self.headers, body))
            self.send_response(service.status)
            for name, value in service.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = PushService(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
