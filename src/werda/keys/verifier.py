"""The verifier ring: keyed values over (kind, customer, digits), and what else the gate must be able to recognise.

HMAC-SHA256 truncated to 16 bytes under Tink's `PrfSet` (design decision 4). A plain or slow hash of ten thousand
values protects nothing (B5). Purposes never collide, because each input begins with its own word.
"""

import base64
import hmac
from datetime import date
from typing import ClassVar, Final, Self

import tink
from tink import prf

from werda.core.customer_code import neighbours
from werda.core.method import Method
from werda.core.secret import Secret
from werda.keys.known import Known, check
from werda.keys.ring import RingName

MAC_SIZE: Final = 16
_BEGINNING: Final = {method: b"credential|%d|" % method for method in Method}
"""An enum takes long to format itself, and every attempt and every row of an import asks for it."""


class Verifier:
    """Computes keyed values. Nothing can be read back from them."""

    name: ClassVar[RingName] = RingName.VERIFIER

    def __init__(self, handle: tink.KeysetHandle) -> None:
        keys: prf.PrfSet = handle.primitive(prf.PrfSet)  # type: ignore[type-abstract]  # how Tink asks for one
        functions = keys.all()
        self.primary_id: int = keys.primary_id()
        self.key_ids: list[int] = list(functions)
        self._compute = [functions[key_id].compute for key_id in self.key_ids]
        self._primary = functions[self.primary_id].compute

    def credential(self, method: Method, customer_id: int, digits: Secret, key_id: int | None = None) -> bytes:
        """The value of a credential, 16 bytes: to store, under the primary key; to compare, under that of `key_id`."""
        compute = self._primary if key_id is None else self._compute[self.key_ids.index(key_id)]
        return bytes(compute(self._credential(method, customer_id, digits), MAC_SIZE))

    def candidates(self, method: Method, customer_id: int, digits: Secret) -> bytes:
        """The values to compare with, 16 bytes for each of `key_ids`, one after the other."""
        data = self._credential(method, customer_id, digits)
        return b"".join([compute(data, MAC_SIZE) for compute in self._compute])

    def neighbours(self, method: Method, customer_id: int, digits: Secret) -> bytes:
        """The values of what a slip of the finger makes of `digits` (C6), one after the other, under every key."""
        return b"".join([self.candidates(method, customer_id, near) for near in neighbours(digits)])

    def bucket(self, brand_id: int, day: date, digits: Secret) -> int:
        """Into which of 256 buckets of a brand's sketch a code falls on a day (C6): many codes share each."""
        return int(
            self._primary(b"sketch|%d|%d|%b" % (brand_id, day.toordinal(), digits.reveal().encode()), MAC_SIZE)[0]
        )

    def popularity(self, brand_id: int, digits: Secret, key_id: int | None = None) -> bytes:
        """Under which value a brand counts the holders of a code (B3), 16 bytes; the same for all of its customers.

        Under the primary key, or under that of `key_id`: a holder is counted under the key of their credential.
        """
        compute = self._primary if key_id is None else self._compute[self.key_ids.index(key_id)]
        return bytes(compute(_popularity(brand_id, digits), MAC_SIZE))

    def popularities(self, brand_id: int, digits: Secret) -> bytes:
        """The same under every key, 16 bytes for each of `key_ids`, one after the other."""
        data = _popularity(brand_id, digits)
        return b"".join([compute(data, MAC_SIZE) for compute in self._compute])

    def token(self, call_id: int, attempt_id: int) -> Secret:
        """The token of a call: which call, which attempt proved it (0: none), and a keyed value over both."""
        return Secret(f"{call_id:x}.{attempt_id:x}.{_text(self._primary(_token(call_id, attempt_id), MAC_SIZE))}")

    def read_token(self, token: Secret) -> tuple[int, int] | None:
        """The call and attempt a token of ours speaks for; None for anything else."""
        parts = token.reveal().split(".")
        if len(parts) != 3 or not all(part.isascii() and 0 < len(part) <= 32 for part in parts):
            return None
        try:
            call_id, attempt_id = int(parts[0], 16), int(parts[1], 16)
        except ValueError:
            return None
        if not (0 < call_id < 2**63 and 0 <= attempt_id < 2**63):
            return None
        expected = (_text(compute(_token(call_id, attempt_id), MAC_SIZE)) for compute in self._compute)
        return (call_id, attempt_id) if any(Secret(value) == Secret(parts[2]) for value in expected) else None

    def request(self, key: str, digits: Secret) -> bytes:
        """A fingerprint of an idempotent request's digits, bound to its idempotency key; under the primary key.

        Verification compares this one only: a repeat across a promotion is told apart from its original (422).
        """
        return bytes(self._primary(_request(key, digits), MAC_SIZE))

    def is_request(self, mac: bytes, key: str, digits: Secret) -> bool:
        """Whether a fingerprint is that of this request, under whichever key it was made."""
        data = _request(key, digits)
        return any(hmac.compare_digest(bytes(compute(data, MAC_SIZE)), mac) for compute in self._compute)

    @property
    def key_id(self) -> int:
        """The same as `primary_id`, as the other rings call it."""
        return self.primary_id

    def canaries(self) -> dict[int, bytes]:
        """For each key a value that only it gives."""
        return {
            key_id: bytes(f(b"canary|verifier", MAC_SIZE))
            for key_id, f in zip(self.key_ids, self._compute, strict=True)
        }

    @staticmethod
    def _credential(method: Method, customer_id: int, digits: Secret) -> bytes:
        return _BEGINNING[method] + b"%d|%b" % (customer_id, digits.reveal().encode())

    @classmethod
    def checked(cls, handle: tink.KeysetHandle, known: Known) -> Self:
        """The verifier, if its keys are those the database knows. Raises `BadKeyRing`."""
        verifier = cls(handle)
        ours = verifier.canaries()
        fits = {key_id: ours[key_id] == key.canary for key_id, key in known.items() if key_id in ours}
        check(cls.name, verifier.primary_id, fits, known)
        return verifier


def _popularity(brand_id: int, digits: Secret) -> bytes:
    return b"popularity|%d|%b" % (brand_id, digits.reveal().encode())


def _request(key: str, digits: Secret) -> bytes:
    return f"request|{len(key)}|{key}|{digits.reveal()}".encode()


def _token(call_id: int, attempt_id: int) -> bytes:
    return f"token|{call_id}|{attempt_id}".encode()


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
