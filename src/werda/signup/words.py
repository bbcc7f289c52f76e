"""What the order flow says about steps and faults: one word for one thing."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.product_order import Flaw

Text = str | Promise

STEPS: Final[Mapping[str, Text]] = {
    "tariff": _("Tariff"),
    "you": _("Your details"),
    "number": _("Phone number"),
    "sim": _("SIM card"),
    "code": _("Customer code"),
    "summary": _("Summary"),
}

FLAWS: Final[Mapping[Flaw, Text]] = {
    Flaw.MISSING: _("Please fill this in."),
    Flaw.TOO_LONG: _("This is too long or holds signs that cannot be printed."),
    Flaw.UNKNOWN: _("Please choose one of the options."),
    Flaw.NO_DATE: _("Write the date like 17.05.1980."),
    Flaw.TOO_YOUNG: _("Only people of 18 and older can order. Ask somebody of age to order for you."),
    Flaw.NO_POSTCODE: _("A German postcode has five digits."),
    Flaw.NO_ADDRESS: _("This address cannot receive letters. Check street and place."),
    Flaw.NO_EMAIL: _("This is no e-mail address. Check for typing errors."),
    Flaw.NO_IBAN: _("This IBAN is not right. Compare it with your bank card."),
    Flaw.NO_PHONE_NUMBER: _("This is no German phone number. Write it with its area code."),
    Flaw.NOT_MOBILE: _("This is no mobile number, but the tariff is for one."),
    Flaw.NOT_LANDLINE: _("This is no landline number, but the tariff is for one."),
}
