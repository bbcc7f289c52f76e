"""What the room says of refusals."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.option import WhyNot
from werda.usecases.cancel_option import WhyNotCancelled

NOT_BOOKABLE: Final[Mapping[WhyNot, str | Promise]] = {
    WhyNot.UNKNOWN: _("There is no such option."),
    WhyNot.NOT_SOLD: _("This option is not offered now."),
    WhyNot.LINE_ENDED: _("This line has ended."),
    WhyNot.TARIFF: _("It does not fit this tariff."),
    WhyNot.BOOKED: _("It is booked."),
    WhyNot.EXCLUDED: _("It does not go together with:"),
    WhyNot.REQUIRES: _("It needs this option first:"),
}

NOT_CANCELLED: Final[Mapping[WhyNotCancelled, str | Promise]] = {
    WhyNotCancelled.UNKNOWN: _("There is no such booking."),
    WhyNotCancelled.OVER: _("It is over already."),
    WhyNotCancelled.CANCELLED: _("It is cancelled already."),
    WhyNotCancelled.ENDS_ITSELF: _("It ends by itself; there is nothing to cancel."),
    WhyNotCancelled.NEEDED: _("Another option needs it; cancel that one first:"),
    WhyNotCancelled.TOO_LATE: _("The time for a withdrawal is over."),
}
