"""The ring of agents' second factors: seals what proves an agent, so that a stolen database signs nobody in (A10, B5).

The desk holds it and no other. AES-256-GCM under Tink's `Aead`; what is sealed is text, because allauth keeps text.
"""

import base64
import binascii
from typing import Final, Self

import tink
from tink import aead

from werda.keys.ring import BadKeyRing
from werda.keys.verifier import check_canaries

_CANARY: Final = b"canary|second factor"
_SEALED: Final = "sealed:"


class SecondFactors:
    """Seals and opens texts, each bound to a `place`, such as ``authenticator``."""

    def __init__(self, handle: tink.KeysetHandle) -> None:
        self._aead: aead.Aead = handle.primitive(aead.Aead)  # type: ignore[type-abstract]  # how Tink asks for one
        self.key_id: int = handle.keyset_info().primary_key_id

    @staticmethod
    def is_sealed(text: str) -> bool:
        """Whether a kept text is one that `seal` gave. What earlier versions kept is not."""
        return text.startswith(_SEALED)

    def seal(self, place: str, text: str) -> str:
        """The text as it may be kept."""
        return _SEALED + base64.b64encode(self._aead.encrypt(text.encode(), place.encode())).decode()

    def open(self, place: str, sealed: str) -> str:
        """The text again. Raises `BadKeyRing` when it is not sealed, for another place, or under a missing key."""
        try:
            if self.is_sealed(sealed):
                ciphertext = base64.b64decode(sealed.removeprefix(_SEALED), validate=True)
                return bytes(self._aead.decrypt(ciphertext, place.encode())).decode()
        except (tink.TinkError, binascii.Error, ValueError):
            pass
        raise BadKeyRing(f"what is kept of a second factor ({place}) does not open with this key ring")

    def canary(self) -> bytes:
        """A value that only the primary key's ring opens."""
        return bytes(self._aead.encrypt(_CANARY, _CANARY))

    @classmethod
    def checked(cls, handle: tink.KeysetHandle, stored: dict[int, bytes]) -> Self:
        """The ring, if every canary in the database opens. Raises `BadKeyRing`."""
        ring = cls(handle)
        opened = {key_id: value for key_id, value in stored.items() if ring._opens(value)}
        check_canaries("second_factor", opened, stored)
        return ring

    def _opens(self, canary: bytes) -> bool:
        try:
            return bool(self._aead.decrypt(canary, _CANARY) == _CANARY)
        except tink.TinkError:
            return False
