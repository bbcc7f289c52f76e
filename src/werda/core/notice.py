"""What a customer must be told of, and how they were told (C8, A6). The words belong to mail, letters and portal."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What happened to a credential, or was asked for. Closed: the database knows the same set."""

    CODE_CHOSEN = "code_chosen"
    """The first customer code, chosen by the customer."""
    CODE_CHANGED = "code_changed"
    """Another customer code, chosen by the customer here or in the operator's systems, whose file brought it."""
    CODE_ASSIGNED = "code_assigned"
    """The first customer code, random, given by the brand."""
    CODE_REPLACED = "code_replaced"
    """Another customer code, random, because the old one may be known to somebody (B8)."""
    SIM_REPLACEMENT_REQUESTED = "sim_replacement_requested"
    """Somebody asked for another SIM in the place of one of theirs; told before it is carried out (A6)."""
    SIM_REPLACED = "sim_replaced"
    """Another SIM took the place of one of theirs, and with it another PUK."""
    PORT_OUT_REQUESTED = "port_out_requested"
    """Somebody asked for their number to go to another provider; told before it is carried out (A6)."""
    HOTLINE_LOCKED = "hotline_locked"
    """Too many wrong tries: hotline authentication is locked, from other lines or from their own (C8)."""
    VERIFIED_AFTER_FAILURES = "verified_after_failures"
    """Somebody passed after wrong tries (C8)."""
    LOCKOUT_LIFTED = "lockout_lifted"
    """Hotline authentication is open again (C8)."""
    LETTER_CODE_ORDERED = "letter_code_ordered"
    """A code goes to them by post; told by another channel, so that nobody can order one behind their back (E4)."""
    CODE_DISTRUSTED = "code_distrusted"
    """The PUK of a SIM may be known to somebody and no longer counts; another SIM is needed (B8)."""


class NoticeChannel(StrEnum):
    """By what a customer was told."""

    MAIL = "mail"
    LETTER = "letter"
    PORTAL = "portal"
