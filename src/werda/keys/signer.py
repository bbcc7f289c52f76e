"""The ring that signs checkpoints: Ed25519 under Tink. Its public half is meant to be handed out (design decision 5).

The worker holds it. An administrator of the database who has not this ring cannot write another history and sign it.
"""

import base64
import json
from functools import cache
from typing import Any, ClassVar, Final, Self

import tink
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tink import json_proto_keyset_format, signature
from tink.proto import ed25519_pb2

from werda.keys.known import Known, check
from werda.keys.ring import RingName

_Public: Final[Any] = ed25519_pb2.Ed25519PublicKey  # type: ignore[attr-defined]  # protobuf makes it when it is loaded
_PREFIX: Final = 5  # what Tink puts before a signature: one byte, and the key's id


class Signer:
    """Signs under its primary key."""

    name: ClassVar[RingName] = RingName.AUDIT

    def __init__(self, handle: tink.KeysetHandle) -> None:
        self._sign: signature.PublicKeySign = handle.primitive(signature.PublicKeySign)  # type: ignore[type-abstract]
        info = handle.keyset_info()
        self.key_id: int = info.primary_key_id
        self._public = public_keys(handle)
        self.key_ids: list[int] = list(self._public)

    @property
    def public_key(self) -> bytes:
        """The public half of the key it signs under, 32 bytes."""
        return self._public[self.key_id]

    @property
    def public_keys(self) -> list[bytes]:
        """Those of all its keys, the one it signs under first."""
        return [self.public_key, *(key for key_id, key in self._public.items() if key_id != self.key_id)]

    def sign(self, data: bytes) -> bytes:
        """The signature as RFC 8032 has it, 64 bytes."""
        return bytes(self._sign.sign(data))[_PREFIX:]

    def canaries(self) -> dict[int, bytes]:
        """For each key its public half."""
        return self._public

    @classmethod
    def checked(cls, handle: tink.KeysetHandle, known: Known) -> Self:
        """The ring, if its keys are those the database knows. Raises `BadKeyRing`."""
        ring = cls(handle)
        fits = {key_id: ring._public[key_id] == key.canary for key_id, key in known.items() if key_id in ring._public}
        check(cls.name, ring.key_id, fits, known)
        return ring


def public_keys(handle: tink.KeysetHandle) -> dict[int, bytes]:
    """The public halves of a ring's keys, 32 bytes each, by key id."""
    keyset = json.loads(json_proto_keyset_format.serialize_without_secret(handle.public_keyset_handle()))
    return {
        key["keyId"]: _Public.FromString(base64.b64decode(key["keyData"]["value"])).key_value for key in keyset["key"]
    }


@cache
def _public_key(key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(key)


def verifies(public_key: bytes, data: bytes, signature: bytes) -> bool:
    """Whether a public key, 32 bytes, made that signature."""
    try:
        _public_key(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
