"""The ways through the portal: its five rooms, and what stands on the page of one's own account.

A name is that of a page (``area:page``), the word is for people, the icon stands beside it.
"""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a page; `area` is marked while one is in it."""

    page: str
    word: str | Promise
    icon: str

    @property
    def area(self) -> str:
        """The area the page is in."""
        return self.page.partition(":")[0]


ROOMS: Final = (
    Way("start:home", _("Start"), "home"),
    Way("secrets:overview", _("Code & SIM"), "sim"),
    Way("options:overview", _("Tariff"), "line"),
    Way("history:overview", _("History"), "clock"),
    Way("help:help", _("Help"), "help"),
)
"""Start · Code & SIM · Tarif · Verlauf · Hilfe (surfaces, "The portal and app")."""

ACCOUNT: Final[tuple[Way, ...]] = (
    Way("history:notices", _("Notices"), "info"),
    Way("data:overview", _("My data"), "person"),
    Way("representatives:overview", _("Representatives"), "person"),
)
"""What one's own account holds: ways of signing in, devices, data, representatives."""
