"""How often somebody may try to sign in: by login, by device and by address, exact over all processes (A10).

A device that an agent signed in on before has tries of its own, known by a cookie that names agent and device and is
signed (OWASP, device cookies). So a stranger who fails on purpose locks out strangers, and never the agent at their own
desk. A name that nobody has is counted like any other: the answer tells nothing.
"""

import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import connection
from django.http import HttpRequest, HttpResponseBase

from werda.look.address import address_of
from werda.usecases.limit_tries import Limit

PASSWORDS: Final = Limit("desk: password", 5, 300)
"""For one login, from one device or from all strangers together."""
CODES: Final = Limit("desk: second step", 5, 300)
"""For one login, from one device or from all strangers together."""
CODES_A_DAY: Final = Limit("desk: second step a day", 30, 86_400)
"""So many of a million codes: whoever has the password guesses on for decades."""
ADDRESSES: Final = Limit("desk: address", 30, 60)
"""Failures from one address; a whole floor may share it."""

DEVICE_COOKIE: Final = ("__Host-" if settings.SESSION_COOKIE_SECURE else "") + "werda_device"
_LIFETIME: Final = 180 * 86_400
_signer: Final = signing.TimestampSigner(salt="werda.desk.device")


class SignInTries:
    """The tries of one request on one login."""

    def __init__(self, request: HttpRequest, login: str, *limits: Limit) -> None:
        folded = login.upper().casefold()[:150]
        who = f"{folded}|{_device(request, folded)}"
        self._counted = [(ADDRESSES, address_of(request)), *((limit, who) for limit in limits)]

    def are_within(self) -> bool:
        """Count one more try, before it is known whether it is right."""
        fits = [limit.within(connection, who) for limit, who in self._counted]  # every one is counted
        return all(fits)

    def succeeded(self) -> None:
        """It was right: it does not count."""
        for limit, who in self._counted:
            limit.give_back(connection, who)


def remember_device(response: HttpResponseBase, request: HttpRequest, login: str) -> None:
    """Leave the cookie with somebody who signed in with both steps."""
    folded = login.upper().casefold()[:150]
    device = _device(request, folded) or secrets.token_urlsafe(16)
    response.set_cookie(
        DEVICE_COOKIE,
        _signer.sign(f"{folded}|{device}"),
        max_age=_LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _device(request: HttpRequest, folded: str) -> str:
    """The device's name if it belongs to this login, else empty: a stranger's."""
    try:
        login, _, device = _signer.unsign(request.COOKIES.get(DEVICE_COOKIE, ""), max_age=_LIFETIME).rpartition("|")
    except signing.BadSignature:
        return ""
    return device if login == folded else ""
