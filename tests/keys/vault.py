"""Transit, AppRole, Kubernetes and tokens as Vault and OpenBao document their HTTP API v1: real TLS, a real key.

Its answers have the shapes of the documentation's samples, which stand here word for word; test_transit.py lets hvac,
the client that people use with both, make the same calls.
"""

import base64
import json
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

# Vault API documentation, "Transit secrets engine (API)", Encrypt data and Decrypt data, sample responses.
ENCRYPTED: Final = {"data": {"ciphertext": "vault:v1:abcdefgh"}}
DECRYPTED: Final = {"data": {"plaintext": "dGhlIHF1aWNrIGJyb3duIGZveAo="}}
# "AppRole auth method (API)", Login with AppRole, sample response.
LOGGED_IN: Final = {
    "auth": {
        "renewable": True,
        "lease_duration": 1200,
        "metadata": None,
        "token_policies": ["default"],
        "accessor": "fd6c9a00-d2dc-3b11-0be5-af7ae0e1d374",
        "client_token": "5b1a0318-679c-9c45-e5c6-d1b9a9035d49",
    },
    "warnings": None,
    "wrap_info": None,
    "data": None,
    "lease_duration": 0,
    "renewable": False,
    "lease_id": "",
}
# "Kubernetes auth method", Authentication via the API, the response.
LOGGED_IN_BY_KUBERNETES: Final = {
    "auth": {
        "client_token": "38fe9691-e623-7238-f618-c94d4e7bc674",
        "accessor": "78e87a38-84ed-2692-538f-ca8b9f400ab3",
        "policies": ["default"],
        "metadata": {
            "role": "demo",
            "service_account_name": "myapp",
            "service_account_namespace": "default",
            "service_account_secret_name": "myapp-token-pd21c",
            "service_account_uid": "aa9aa8ff-98d0-11e7-9bb7-0800276d99bf",
        },
        "lease_duration": 2764800,
        "renewable": True,
    }
}
# "HTTP API", Error response.
REFUSED: Final = {"errors": ["permission denied"]}


@dataclass
class Vault:
    """A running one. `asked` are the requests: method, path, headers, body.

    A login by Kubernetes gives a token of its own each time, for `lease` seconds; `service_account` is the token that
    it knows. A renewal is for `renewed` seconds, None: refused.
    """

    server: ThreadingHTTPServer
    token: str = "s.root"
    sealed: bool = False
    key: bytes = field(default_factory=lambda: AESGCM.generate_key(256))
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    scheme: str = "http"
    service_account: str = "eyJ.werda.1"
    lease: int = 3600
    renewed: int | None = 3600
    live: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, path: str, headers: dict[str, str], body: dict[str, str]) -> tuple[int, Any]:
        """What it answers to a POST."""
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if path == "/v1/auth/approle/login":
            if (body["role_id"], body["secret_id"]) != ("werda-role", "werda-secret"):
                return 400, {"errors": ["invalid role or secret ID"]}
            return 200, {**LOGGED_IN, "auth": {**LOGGED_IN["auth"], "client_token": self.token}}  # type: ignore[dict-item]
        if path == "/v1/auth/kubernetes/login":
            if (body["role"], body["jwt"]) != ("werda", self.service_account):
                return 403, REFUSED
            self.live.append(f"s.kubernetes-{len(self.asked)}")
            return 200, _granted(self.live[-1], self.lease)
        shown = headers.get("X-Vault-Token", "")
        if shown not in {self.token, *self.live}:
            return 403, REFUSED
        if path == "/v1/auth/token/renew-self":
            return (403, REFUSED) if self.renewed is None else (200, _granted(shown, self.renewed))
        bound = base64.b64decode(body.get("associated_data", ""))
        nonce = b"0" * 11
        if path == "/v1/transit/encrypt/werda":
            nonce += bytes([len(self.asked) % 256])
            sealed = AESGCM(self.key).encrypt(nonce, base64.b64decode(body["plaintext"], validate=True), bound)
            return 200, {"data": {"ciphertext": "vault:v1:" + base64.b64encode(nonce + sealed).decode()}}
        if path == "/v1/transit/decrypt/werda":
            raw = base64.b64decode(body["ciphertext"].removeprefix("vault:v1:"))
            try:
                plain = AESGCM(self.key).decrypt(raw[:12], raw[12:], bound)
            except InvalidTag:
                return 400, {"errors": ["cipher: message authentication failed"]}
            return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}
        return 404, {"errors": []}


def _granted(token: str, lease: int) -> dict[str, Any]:
    sample = LOGGED_IN_BY_KUBERNETES["auth"]
    return {"auth": {**sample, "client_token": token, "lease_duration": lease}}


def start_vault() -> Vault:
    """Start one on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            headers = dict(self.headers.items())
            vault.asked.append(("POST", self.path, headers, body))
            status, answer = vault.answer(self.path, headers, body)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Nothing: pytest's output is for tests."""

    vault = Vault(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    threading.Thread(target=vault.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return vault


def written(folder: Path, name: str, text: str) -> str:
    """A private file and its path."""
    file = folder / name
    file.write_text(text)
    file.chmod(0o600)
    return str(file)


def speak_tls(vault: Vault, folder: Path) -> Path:
    """Let it speak https under an authority of its own; gives the file of that authority's certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the vault of a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "vault.pem"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    private = folder / "vault.key"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    vault.server.socket = context.wrap_socket(vault.server.socket, server_side=True)
    vault.scheme = "https"
    return pem
