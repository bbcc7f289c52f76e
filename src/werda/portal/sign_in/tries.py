"""How often somebody may try to sign in: for one login, for one address, and for one login a day.

A name that nobody has is counted like any other, so that the answer tells nothing.
"""

from typing import Final

from django.db import connection

from werda.look.address import address_of
from werda.portal.access import Visit
from werda.usecases.check_login import fold
from werda.usecases.limit_tries import Limit

PASSWORDS: Final = Limit("portal: password", 5, 300)
"""For one name."""
PASSWORDS_A_DAY: Final = Limit("portal: password a day", 50, 86_400)
CODES: Final = Limit("portal: second step", 5, 300)
"""For one login."""
CODES_A_DAY: Final = Limit("portal: second step a day", 30, 86_400)
ADDRESSES: Final = Limit("portal: sign in from address", 30, 60)
"""Failures from one address."""


class SignInTries:
    """The tries of one request at one login."""

    def __init__(self, visit: Visit, brand_and_name: str, *limits: Limit) -> None:
        who = f"{visit.shop.id}|{fold(brand_and_name)}"
        self._counted = [(ADDRESSES, address_of(visit.request)), *((limit, who) for limit in limits)]

    def are_within(self) -> bool:
        """Count one more try, before it is known whether it is right."""
        fits = [limit.within(connection, who) for limit, who in self._counted]  # every one is counted
        return all(fits)

    def succeeded(self) -> None:
        """It was right: it does not count."""
        for limit, who in self._counted:
            limit.give_back(connection, who)
