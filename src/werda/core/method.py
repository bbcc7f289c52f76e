"""The ways a caller can prove who they are.

The numbers are stored and part of the keyed value over a secret, so they never change their meaning.
"""

from enum import IntEnum


class Method(IntEnum):
    """A kind of credential. `NONE` stands in attempts whose digits fit no method."""

    NONE = 0
    CUSTOMER_CODE = 1
    PUK = 2
    LEGACY = 3  # customer number, birth date and postcode; agent only, until a stated end date (A1)
    CALL_CODE = 4  # shown in the portal for one call, ten minutes, single use (B6)
    APP_CONFIRMATION = 6  # "Is it you?", answered in portal or app for one call, within two minutes (A3)
    LETTER_CODE = 5  # by post to the address of record, 21 days, single use (E4)

    __hash__ = int.__hash__  # an enum's own goes by its name, in Python, and an import asks for millions

    @property
    def slug(self) -> str:
        """The name in policies, in the API and in metrics, such as ``customer_code``."""
        return self.name.lower()
