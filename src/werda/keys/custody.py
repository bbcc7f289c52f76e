"""The custody ring: seals codes, PINs, PUKs and activation codes, and opens them for those who may show them.

AES-256-GCM under Tink's `Aead`; each ciphertext is bound to customer, SIM and kind, so that one copied to another row
does not open (B5).
"""

from enum import IntEnum
from typing import ClassVar, Final, Self

import tink
from tink import aead

from werda.core.secret import Secret
from werda.keys.known import Known, check
from werda.keys.ring import BadKeyRing, RingName


class Kind(IntEnum):
    """What a sealed secret is. The numbers are stored."""

    CUSTOMER_CODE = 1
    SIM_PROFILE = 2  # a text of core.sim_secrets: PIN, PUK and activation code of one profile
    LETTER_CODE = 5  # until it is printed: one_time_code
    # A code on its way to a customer; what stands in the place of the customer is the row's id.
    DRAFT_CODE = 3  # chosen in an order that is being filled in: order_draft
    ORDERED_CODE = 4  # chosen with an order that the operator has not carried out yet: operator_order
    LOGIN_TOTP = 6  # the key of a customer's authenticator app, bound to the login's id: customer_login

    __hash__ = int.__hash__  # an enum's own goes by its name, in Python, and an import asks for millions


_CANARY: Final = b"canary|custody"


class Custody:
    """Seals and opens secrets."""

    name: ClassVar[RingName] = RingName.CUSTODY

    def __init__(self, handle: tink.KeysetHandle) -> None:
        self._aead: aead.Aead = handle.primitive(aead.Aead)  # type: ignore[type-abstract]  # how Tink asks for one
        info = handle.keyset_info()
        self.key_id: int = info.primary_key_id
        self.key_ids: list[int] = [key.key_id for key in info.key_info]

    def seal(self, kind: Kind, customer_id: int, sim_id: int, secret: Secret) -> bytes:
        """The ciphertext of a secret in the row of that customer and SIM (0: none), under key `key_id`."""
        return bytes(self._aead.encrypt(secret.reveal().encode(), _bound(kind, customer_id, sim_id)))

    def open(self, kind: Kind, customer_id: int, sim_id: int, ciphertext: bytes) -> Secret:
        """The secret of a row. Raises `BadKeyRing` when the ciphertext is not this row's or the key is missing."""
        try:
            return Secret(self._aead.decrypt(bytes(ciphertext), _bound(kind, customer_id, sim_id)).decode())
        except tink.TinkError:
            pass
        raise BadKeyRing(f"the sealed {kind.name.lower()} of customer {customer_id} does not open with this key ring")

    def seal_for(self, place: str, secret: Secret) -> bytes:
        """The ciphertext of a secret that is no customer's, bound to `place`, such as ``webhook|7``."""
        return bytes(self._aead.encrypt(secret.reveal().encode(), place.encode()))

    def open_for(self, place: str, ciphertext: bytes) -> Secret:
        """The secret of a place. Raises `BadKeyRing` when the ciphertext is not this place's or the key is missing."""
        try:
            return Secret(self._aead.decrypt(bytes(ciphertext), place.encode()).decode())
        except tink.TinkError:
            pass
        raise BadKeyRing(f"the sealed secret of {place} does not open with this key ring")

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


_BEGINNING: Final = {kind: b"%d|" % kind for kind in Kind}
"""An enum takes long to format itself, and an import seals millions."""


def _bound(kind: Kind, customer_id: int, sim_id: int) -> bytes:
    return _BEGINNING[kind] + b"%d|%d" % (customer_id, sim_id)
