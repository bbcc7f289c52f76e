"""The ring of agents' second factors: seals what proves an agent, so that a stolen database signs nobody in (A10, B5).

The desk holds it and no other. AES-256-GCM under Tink's `Aead`; what is sealed is text, because allauth keeps text.
"""

import base64
import binascii
from typing import ClassVar, Final, Self

import tink
from tink import aead

from werda.keys.known import Known, check
from werda.keys.ring import BadKeyRing, RingName

_CANARY: Final = b"canary|second factor"
_SEALED: Final = "sealed:"


class SecondFactors:
    """Seals and opens texts, each bound to a `place`, such as ``authenticator``."""

    name: ClassVar[RingName] = RingName.SECOND_FACTOR

    def __init__(self, handle: tink.KeysetHandle) -> None:
        self._aead: aead.Aead = handle.primitive(aead.Aead)  # type: ignore[type-abstract]  # how Tink asks for one
        info = handle.keyset_info()
        self.key_id: int = info.primary_key_id
        self.key_ids: list[int] = [key.key_id for key in info.key_info]

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

    def canaries(self) -> dict[int, bytes]:
        """For its primary key a value that only it opens."""
        return {self.key_id: bytes(self._aead.encrypt(_CANARY, _CANARY))}

    @classmethod
    def checked(cls, handle: tink.KeysetHandle, known: Known) -> Self:
        """The ring, if its keys are those the database knows. Raises `BadKeyRing`."""
        ring = cls(handle)
        fits = {key_id: ring._opens(key.canary) for key_id, key in known.items() if key_id in ring.key_ids}
        check(cls.name, ring.key_id, fits, known)
        return ring

    def _opens(self, canary: bytes) -> bool:
        try:
            return bool(self._aead.decrypt(canary, _CANARY) == _CANARY)
        except tink.TinkError:
            return False
