"""What Code & SIM says of refusals: one word for one thing."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.one_time_code import NoLetterCode
from werda.usecases.reveal_secret import NotShown

REASONS: Final[Mapping[NotShown, str | Promise]] = {
    NotShown.HIDDEN: _("You have locked the display."),
    NotShown.NOT_YET: _("The code is not shown here yet."),
    NotShown.NOTHING: _("There is nothing to show."),
}

NO_LETTER: Final[Mapping[NoLetterCode, str | Promise]] = {
    NoLetterCode.NO_CUSTOMER: _("There is no such contract any more."),
    NoLetterCode.NOT_ACCEPTED: _("Codes by post are not taken at this hotline."),
    NoLetterCode.NO_ADDRESS: _("We know no address of yours to which a letter could go."),
    NoLetterCode.ADDRESS_CHANGED: _(
        "Your address changed in the last 30 days, or we do not know since when it is yours: no code goes there yet."
    ),
}
