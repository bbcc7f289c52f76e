"""ID tokens that a provider did not make, or not for this, let nobody in (OpenID Connect Core 1.0, 3.1.3.7)."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from werda.core.secret import Secret
from werda.portal.sign_in.provider import AccountService, NotVouched, Provider, Unreachable, Vouched, _derived

STEP = Secret("what-the-browser-keeps")
NOW = 1_800_000_000.0  # the names of tests hold what follows from it
CLIENT = "werda-portal"


class Forger:
    """A provider that answers with whatever it is told to."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "good", "use": "sig"})
        self.url, self.token, self.slow = "", "", 0.0
        self.asked: list[str] = []

    def answer(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        time.sleep(self.slow)
        if path.endswith("openid-configuration"):
            ends = {name: f"{self.url}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
            return {"issuer": self.url, **ends}
        if path == "/jwks_uri":
            return {"keys": [self.key.as_dict(private=False)]}
        return {"id_token": self.token, "access_token": "a"}

    def claims(self, **other: Any) -> dict[str, Any]:
        good = {
            "iss": self.url, "aud": CLIENT, "exp": int(NOW) + 600, "iat": int(NOW), "sub": "1",
            "nonce": _derived(STEP, "nonce"), "customer_number": "K1",
        }  # fmt: skip
        return {name: value for name, value in (good | other).items() if value is not None}

    def signed(self, claims: dict[str, Any], key: Any = None, alg: str = "RS256", kid: str = "good") -> str:
        return jwt.encode({"alg": alg, "kid": kid}, claims, key or self.key, algorithms=[alg])


@contextmanager
def served(forger: Forger) -> Iterator[Forger]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(forger.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forger.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield forger
    server.shutdown()
    server.server_close()


@pytest.fixture
def forger() -> Iterator[Forger]:
    with served(Forger()) as running:
        yield running


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def service_of(forger: Forger) -> AccountService:
    return AccountService(Provider(forger.url, CLIENT, Secret("shared"), "nordfunk"))


def says(forger: Forger, token: str) -> Vouched | NotVouched:
    forger.token = token
    return service_of(forger).ask(STEP, Secret("code"), "http://portal.example/back", now=NOW)


def test_the_token_that_is_right_is_believed(forger: Forger) -> None:
    assert says(forger, forger.signed(forger.claims())) == Vouched("K1", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"exp": int(NOW) - 3600},
        {"exp": None},
        {"nbf": int(NOW) + 3600},
        {"iat": int(NOW) + 3600},
        {"nonce": "of-another-request"},
        {"nonce": None},
        {"azp": "another-client"},
        {"customer_number": None},
        {"customer_number": 7},
        {"customer_number": ""},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_missing_is_refused(forger: Forger, wrong: dict[str, Any]) -> None:
    assert isinstance(says(forger, forger.signed(forger.claims(**wrong))), NotVouched)


def test_a_signature_by_another_key_is_refused(forger: Forger) -> None:
    mine = RSAKey.generate_key(2048, {"kid": "good"})
    assert isinstance(says(forger, forger.signed(forger.claims(), mine)), NotVouched)
    elliptic = ECKey.generate_key("P-256", {"kid": "new"})
    assert isinstance(says(forger, forger.signed(forger.claims(), elliptic, "ES256", "new")), NotVouched)


def test_no_signature_and_one_with_the_public_key_as_secret_are_refused(forger: Forger) -> None:
    """RFC 8725, 2.1: the token does not choose how it is checked."""
    good = forger.signed(forger.claims())
    payload = good.split(".")[1]
    for header in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJOb25lIn0"):
        assert isinstance(says(forger, f"{header}.{payload}."), NotVouched)
    header = _text(json.dumps({"alg": "HS256", "kid": "good"}).encode())
    signed = f"{header}.{payload}"  # by hand: the library would not do it
    mac = hmac.digest(forger.key.as_pem(private=False), signed.encode(), "sha256")
    assert isinstance(says(forger, f"{signed}.{_text(mac)}"), NotVouched)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "....", "ä.ö.ü", "x" * 100_000])
def test_what_is_no_token_is_refused(forger: Forger, token: str) -> None:
    assert isinstance(says(forger, token), NotVouched)


def test_a_changed_letter_of_a_good_token_is_refused(forger: Forger) -> None:
    header, payload, signature = forger.signed(forger.claims()).split(".")
    other = payload[:10] + ("A" if payload[10] != "A" else "B") + payload[11:]
    assert isinstance(says(forger, f"{header}.{other}.{signature}"), NotVouched)


def test_a_key_that_came_new_is_asked_for_once(forger: Forger) -> None:
    service = service_of(forger)
    service.look_up()
    forger.key = RSAKey.generate_key(2048, {"kid": "newer", "use": "sig"})
    forger.token = forger.signed(forger.claims(), kid="newer")
    assert service.ask(STEP, Secret("code"), "http://portal.example/back", now=NOW) == Vouched("K1", None)
    assert forger.asked.count("/jwks_uri") == 2
    assert KeySet([forger.key]).keys


def test_nobody_queues_behind_a_provider_that_hangs(forger: Forger) -> None:
    """One waits; the others hear at once that it cannot be reached."""
    forger.slow = 2.0
    service = service_of(forger)

    def tried(_: int) -> tuple[bool, float]:
        begun = time.monotonic()
        try:
            service.look_up()
        except Unreachable:
            return False, time.monotonic() - begun
        return True, time.monotonic() - begun

    with ThreadPoolExecutor(12) as threads:
        done = list(threads.map(tried, range(12)))
    assert [reached for reached, _ in done].count(True) == 1
    assert all(seconds < 1 for reached, seconds in done if not reached)


def test_few_wait_for_its_word_at_once(forger: Forger) -> None:
    service = service_of(forger)
    service.look_up()
    forger.slow, forger.token = 1.0, forger.signed(forger.claims())

    def asked(_: int) -> bool:
        try:
            service.ask(STEP, Secret("code"), "http://portal.example/back", now=NOW)
        except Unreachable:
            return False
        return True

    with ThreadPoolExecutor(10) as threads:
        assert list(threads.map(asked, range(10))).count(True) == 3
