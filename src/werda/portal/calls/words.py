"""What calls are about, in the words of customers."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from werda.core.topic import Topic

TOPICS: Final[Mapping[Topic, str | Promise]] = {
    Topic.BILL: _("Bill"),
    Topic.TARIFF: _("Tariff and options"),
    Topic.SIM: _("SIM card and eSIM"),
    Topic.FAULT: _("Something does not work"),
    Topic.CONTRACT: _("Contract"),
    Topic.OTHER: _("Something else"),
}
