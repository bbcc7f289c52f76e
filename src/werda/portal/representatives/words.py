"""Why somebody speaks for a customer, what they may, and why nobody was added."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.policy import Operation
from werda.core.representative import RepresentativeKind
from werda.usecases.keep_representatives import NotAdded

KINDS: Final[Mapping[RepresentativeKind, str | Promise]] = {
    RepresentativeKind.REPRESENTATIVE: _("Representative"),
    RepresentativeKind.CARER: _("Carer"),
    RepresentativeKind.HEIR: _("Heir"),
    RepresentativeKind.BUSINESS_CALLER: _("Calls for the company"),
}

SCOPES: Final[Mapping[Operation, str | Promise]] = {
    Operation.EXPLAIN_BILL: _("have bills explained"),
    Operation.BOOK_OPTION: _("book tariff options"),
    Operation.CANCEL_OPTION: _("cancel tariff options"),
}
"""As `core.representative.SCOPES`."""

NOT_ADDED: Final[Mapping[NotAdded, str | Promise]] = {
    NotAdded.REPEATED: _("This person was added already; the code was shown then. Give them a new one if it is lost."),
    NotAdded.TOO_MANY: _("More than ten people at a time may not speak for you. End one first."),
    NotAdded.TOO_LONG: _("Choose a day within the next two years."),
    NotAdded.NOTHING: _("Choose at least one thing that they may do."),
}
