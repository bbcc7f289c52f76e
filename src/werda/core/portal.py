"""Being signed in to portal and app: by what, where, for how long, and how fresh it is (S7, S8, A3).

The customer code never signs anybody in: it is what the portal shows. A session is strong when it began with a passkey
or with password and TOTP; what such a session gives counts as a second proof once the passkey or TOTP has been enrolled
for the policy's cooling time (`core.step_up.AppSession`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from werda.core.step_up import AppSession

FRESH: Final = timedelta(minutes=5)
"""How long somebody who has just proved who they are needs not do so again (S11: fresh re-authentication)."""

BROWSER_LIFETIME: Final = timedelta(days=30)
"""How long a session lasts at most."""

IDLE: Final = timedelta(days=7)
"""How long a session lasts that nobody uses."""

STEP_LIFETIME: Final = timedelta(minutes=10)
"""How long somebody may take between two steps of signing in."""


class SignedInBy(StrEnum):
    """What a session began with. The set is closed, and no customer code is in it."""

    PASSWORD = "password"  # noqa: S105
    TOTP = "totp"  # password and TOTP
    PASSKEY = "passkey"
    OPERATOR = "operator"  # the operator's own OIDC provider
    LETTER_CODE = "letter_code"  # enrolment or recovery
    MAIL_AND_SMS = "mail_and_sms"  # enrolment or recovery


STRONG: Final = frozenset({SignedInBy.TOTP, SignedInBy.PASSKEY})
"""What makes a session strong (A3)."""


class Place(StrEnum):
    """Where a session shows things; each place has its own start date for the code (S8)."""

    PORTAL = "portal"
    APP = "app"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in; `id` is the session's row."""

    id: int
    login_id: int
    brand_id: int
    customer_id: int
    person_id: int
    method: SignedInBy
    place: Place
    strong_since: datetime | None
    opened_at: datetime
    fresh_at: datetime
    hides_secrets: bool

    def is_fresh(self, now: datetime) -> bool:
        """Whether they proved who they are a moment ago."""
        return self.fresh_at > now - FRESH

    @property
    def actor(self) -> str:
        """How the session is named in events."""
        return f"customer:{self.customer_id}/{self.person_id}:session:{self.id}"

    @property
    def app_session(self) -> AppSession:
        """The session as call codes, confirmations and unlocking see it."""
        return AppSession(
            self.customer_id,
            self.actor,
            person_id=self.person_id,
            strong=self.method in STRONG,
            enrolled_at=self.strong_since,
        )
