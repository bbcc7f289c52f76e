"""What is printed on a SIM card and stored in an eSIM profile, and the shape each of it must have.

The formats are those of the requirements ("Formats"): ICCID after ITU-T E.118, EID after GSMA SGP.02, activation code
after GSMA SGP.22, IMSI after ITU-T E.212, PIN and PUK after ETSI TS 102 221. Every `parse` gives the value or
`Malformed`; what is a secret comes in and goes out as `Secret` (B9).
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from werda.core.malformed import Malformed
from werda.core.secret import Secret

PUK_DIGITS: Final = 8


class SimKind(IntEnum):
    """A card or a downloaded profile (S12). The numbers are stored."""

    PHYSICAL = 1
    ESIM = 2


class SimRole(IntEnum):
    """The first SIM of a line, or one beside it, whose PUK counts for that line only (B7). The numbers are stored."""

    PRIMARY = 1
    SECONDARY = 2


class SimStatus(IntEnum):
    """Where a SIM profile is in its life; its PUK counts while it is `ACTIVE` only (B7). The numbers are stored."""

    STOCK = 1
    SHIPPED = 2
    ACTIVE = 3
    BLOCKED = 4
    REPLACED = 5
    ENDED = 6


@dataclass(frozen=True, slots=True)
class Iccid:
    """The number of a SIM profile: 19 or 20 digits that begin with 89, the last one a Luhn check digit.

    SIM vendors sometimes leave the check digit out, so a failed check is the importer's warning and no refusal.
    """

    digits: str

    @property
    def check_failed(self) -> bool:
        """Whether the last digit is no Luhn check digit of the others."""
        return check_digit_fails(self.digits)

    @classmethod
    def parse(cls, text: str) -> Self | Malformed:
        """Read an ICCID; spaces, and the F that pads 19 digits to 20 half-bytes, are left out."""
        digits = _without_blanks(text)
        if len(digits) == 20 and digits[-1] in "Ff":
            digits = digits[:-1]
        if not (_are_digits(digits, 19, 20) and digits.startswith("89")):
            return Malformed("an ICCID has 19 or 20 digits and begins with 89")
        return cls(digits)


@dataclass(frozen=True, slots=True)
class Eid:
    """The number of an eSIM chip: 32 digits, the value of which leaves 1 when divided by 97."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> Self | Malformed:
        """Read an EID; spaces are left out."""
        digits = _without_blanks(text)
        if not _are_digits(digits, 32, 32):
            return Malformed("an EID has 32 digits")
        if int(digits) % 97 != 1:
            return Malformed("the check digits of the EID do not fit; a digit is mistyped or two are swapped")
        return cls(digits)


@dataclass(frozen=True, slots=True)
class Imsi:
    """The subscriber's number in the network: country, network and subscriber, 6 to 15 digits together."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> Self | Malformed:
        """Read an IMSI; spaces are left out."""
        digits = _without_blanks(text)
        return cls(digits) if _are_digits(digits, 6, 15) else Malformed("an IMSI has 6 to 15 digits")


@dataclass(frozen=True, slots=True)
class Puk:
    """The eight digits that unblock a SIM's PIN. They never change for a profile (S9)."""

    secret: Secret

    @classmethod
    def parse(cls, offered: Secret) -> Self | Malformed:
        """Read a PUK; spaces are left out, leading zeros kept."""
        digits = _without_blanks(offered.reveal())
        if not _are_digits(digits, PUK_DIGITS, PUK_DIGITS):
            return Malformed("a PUK has exactly 8 digits")
        return cls(Secret(digits))


@dataclass(frozen=True, slots=True)
class DeliveryPin:
    """The PIN a SIM was delivered with. The customer may have changed it since; nobody but the card knows (S9)."""

    secret: Secret

    @classmethod
    def parse(cls, offered: Secret) -> Self | Malformed:
        """Read a PIN; spaces are left out, leading zeros kept."""
        digits = _without_blanks(offered.reveal())
        return cls(Secret(digits)) if _are_digits(digits, 4, 8) else Malformed("a PIN has 4 to 8 digits")


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """What a phone needs to download an eSIM profile: whoever has the text has the profile, a bearer secret.

    `address` is the host name of the SM-DP+ server. `oid`, if given, names the server's certificate.
    `needs_confirmation` says that the phone asks for a confirmation code too.
    """

    address: str
    matching_id: Secret
    oid: str | None
    needs_confirmation: bool

    @classmethod
    def parse(cls, offered: Secret) -> Self | Malformed:
        """Read ``LPA:1$<SM-DP+ address>$<matching id>[$<oid>][$1]``; an oid left out may leave its place empty."""
        code = re.fullmatch(
            r"LPA:1"
            r"\$(?P<address>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
            r"\$(?P<matching>[A-Za-z0-9-]+)"
            r"(?:\$(?P<oid>[0-9]+(?:\.[0-9]+)+)?)?"
            r"(?P<confirmation>\$1)?",
            offered.reveal().strip(),
        )
        if code is None:
            return Malformed("an activation code reads LPA:1$<SM-DP+ address>$<matching id>, then maybe $<oid> and $1")
        return cls(code["address"], Secret(code["matching"]), code["oid"], code["confirmation"] is not None)

    def text(self) -> Secret:
        """The code as a QR code carries it; without an oid its place stays empty before ``$1`` (SGP.22)."""
        fields = ["LPA:1", self.address, self.matching_id.reveal()]
        if self.oid or self.needs_confirmation:
            fields.append(self.oid or "")
        if self.needs_confirmation:
            fields.append("1")
        return Secret("$".join(fields))


def check_digit_fails(iccid: str) -> bool:
    """Whether the last of an ICCID's digits is no Luhn check digit of the others; vendors sometimes leave it out."""
    return _luhn(iccid) != 0


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def _are_digits(text: str, fewest: int, most: int) -> bool:
    """Whether these are so many of the digits 0 to 9, and nothing else; an import asks it some times for each row."""
    return fewest <= len(text) <= most and text.isascii() and text.isdigit()


_AS_IS: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
"""Each digit doubled, and the digits of that added up."""


def _luhn(digits: str) -> int:
    """The Luhn sum modulo ten, zero when the last digit is the right check digit (ISO/IEC 7812-1)."""
    backwards = digits[::-1].encode()
    return sum(backwards[::2].translate(_AS_IS) + backwards[1::2].translate(_DOUBLED)) % 10
