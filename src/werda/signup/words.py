"""What the order flow says about steps, faults and codes: one word for one thing."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.product_order import Flaw
from werda.core.weak_code import Weakness
from werda.usecases.check_code import Hindrance, Objection

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

OBJECTIONS: Final[Mapping[Objection, Text]] = {
    Weakness.POPULAR: _("Many people choose this one. It would be tried first."),
    Weakness.FEW_DIGITS: _("Too few different digits. That is guessed quickly."),
    Weakness.REPEATED: _("The digits repeat. That is guessed quickly."),
    Weakness.MIRRORED: _("It reads the same from behind. That is guessed quickly."),
    Weakness.RUN: _("The digits follow each other. That is guessed quickly."),
    Weakness.KEYPAD: _("That is a pattern on the keys. It is guessed quickly."),
    Weakness.YEAR: _("That looks like a year. Years are tried first."),
    Weakness.DATE: _("That looks like a date. Dates are tried first."),
    Weakness.OWN_BIRTH_DATE: _("That is made of your date of birth, which others know."),
    Weakness.OWN_PHONE_NUMBER: _("That is part of your phone number, which others know."),
    Weakness.OWN_CUSTOMER_NUMBER: _("That is part of your customer number, which others know."),
    Hindrance.MALFORMED: _("Type exactly as many digits as the code has."),
    Hindrance.HELD_BY_MANY: _("So many customers have this code already that it would be easy to hit."),
    Hindrance.UNCHANGED: _("That is your present code."),
    Hindrance.NO_CUSTOMER: _("There is no such customer any more."),
}
