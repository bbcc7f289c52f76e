"""What proves an agent lies sealed in the database: the authenticator's key, recovery codes, and whole sessions.

A session holds the key of an authenticator that is being set up. Whoever reads the database, or may write to it,
signs in as nobody (A10).
"""

from functools import cache
from typing import Any, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as StoredSession
from django.db import connection

from werda.keys import ring
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.second_factor import SecondFactors
from werda.usecases.set_up import AUTHENTICATOR

SESSION: Final = "session"


@cache
def second_factors() -> SecondFactors:
    """The desk's ring, opened once and checked against the database. Raises `BadKeyRing`."""
    with connection.cursor() as cursor:
        cursor.execute("select key_id, value from second_factor_canaries()")
        canaries = {key_id: bytes(value) for key_id, value in cursor.fetchall()}
    return SecondFactors.checked(ring.load(settings.WERDA_SETTINGS.keys, RingName.SECOND_FACTOR), canaries)


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
