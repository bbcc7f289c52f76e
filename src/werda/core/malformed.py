"""A text that is not what it claims to be: an expected outcome, so a value and no exception."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Malformed:
    """`reason` says what is wrong, for a rejects file or a form. It never quotes the text, which may be a secret."""

    reason: str
