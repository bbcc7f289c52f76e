"""What proves an agent lies sealed in the database: the authenticator's key, recovery codes, and whole sessions.

A session holds the key of an authenticator that is being set up. Whoever reads the database, or may write to it,
signs in as nobody (A10).
"""

from functools import cache, partial
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as StoredSession

from werda.keys.ring import BadKeyRing
from werda.keys.second_factor import SecondFactors
from werda.usecases.hold_keys import HeldKeys
from werda.usecases.rewrap_second_factors import SESSION
from werda.usecases.set_up import AUTHENTICATOR


@cache
def _held() -> HeldKeys:
    connect = partial(settings.WERDA_DATABASE.connect, settings.WERDA_DATABASE_ROLE, autocommit=True)
    return HeldKeys(connect, settings.WERDA_SETTINGS.keys).watch()


def second_factors() -> SecondFactors:
    """The desk's ring, checked against the database. Raises `BadKeyRing`."""
    return _held().ring(SecondFactors)


class SealingAdapter(DefaultMFAAdapter):
    """What allauth asks for when it keeps or reads a key."""

    def encrypt(self, text: str) -> str:
        """Seal."""
        return second_factors().seal(AUTHENTICATOR, text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open. Raises `BadKeyRing`: a key that somebody wrote there unsealed proves nobody."""
        return second_factors().open(AUTHENTICATOR, encrypted_text)


class SessionStore(StoredSession):
    """Django's sessions, each sealed as a whole."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Sealed."""
        return second_factors().seal(SESSION, super().encode(session_dict))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Opened; what does not open is no session."""
        text = session_data if isinstance(session_data, str) else session_data.decode()
        try:
            return super().decode(second_factors().open(SESSION, text))
        except BadKeyRing:
            return {}
