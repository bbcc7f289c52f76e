"""What is said about a code that cannot be chosen (B2, B3), neutrally, so that du and Sie share it."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.weak_code import Weakness
from werda.usecases.check_code import Hindrance, Objection

OBJECTIONS: Final[Mapping[Objection, str | Promise]] = {
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
    Hindrance.MALFORMED: _("The code has another number of digits."),
    Hindrance.HELD_BY_MANY: _("So many customers have this code already that it would be easy to hit."),
    Hindrance.UNCHANGED: _("That is your present code."),
    Hindrance.NO_CUSTOMER: _("There is no such customer any more."),
}
