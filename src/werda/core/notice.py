"""What a customer must be told of, and how they were told (C8). The words belong to mail, letters and portal."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What happened to the customer's credential. Closed: the database knows the same set."""

    CODE_CHOSEN = "code_chosen"
    """The first customer code, chosen by the customer."""
    CODE_CHANGED = "code_changed"
    """Another customer code, chosen by the customer."""
    CODE_ASSIGNED = "code_assigned"
    """The first customer code, random, given by the brand."""
    CODE_REPLACED = "code_replaced"
    """Another customer code, random, because the old one may be known to somebody (B8)."""


class NoticeChannel(StrEnum):
    """By what a customer was told."""

    MAIL = "mail"
    LETTER = "letter"
    PORTAL = "portal"
