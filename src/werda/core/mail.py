"""The mails that a single customer gets; campaigns are another thing. The words lie in `werda.mail`."""

from enum import StrEnum


class MailKind(StrEnum):
    """What a mail is about. Closed: the database knows the same set."""

    NOTICE = "notice"
    """A notice (`core.notice.NoticeKind`, in `data["notice"]`) of what happened or was asked for (C8, A6)."""
    SIGN_IN_LINK = "sign_in_link"
    """A link that begins enrolment or recovery, together with a code by SMS (E5)."""
    OPTION_BOOKED = "option_booked"
    """The receipt of a booking, with the right of withdrawal (S13)."""
    OPTION_CANCELLED = "option_cancelled"
    """The receipt of a cancellation, with the day on which it ends (S13)."""
    OPTION_WITHDRAWN = "option_withdrawn"
    """The receipt of a withdrawal (BGB § 356a): it never held and costs nothing (S13)."""
    OPTION_NOT_BOOKED = "option_not_booked"
    """The operator could not carry out a booking; it costs nothing and can be tried again (S13)."""
    OPTION_NOT_CANCELLED = "option_not_cancelled"
    """The operator could not carry out a cancellation; the booking goes on (S13)."""
    DATA_READY = "data_ready"
    """The export of a customer's data can be fetched (A8)."""
    REPRESENTATIVE_INVITED = "representative_invited"
    """Somebody may speak for an account holder and is asked to enrol (E2)."""
