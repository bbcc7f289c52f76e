"""The secrets of one SIM profile, which are told, sealed and shown together (S9-S12, B5).

A vendor tells PIN and PUK of a card in one row and they never change, so they lie sealed as one text: one encryption
and one row in the database where there would be four or five.
"""

from dataclasses import dataclass
from typing import Self

from werda.core.secret import Secret


@dataclass(frozen=True, slots=True)
class SimSecrets:
    """What is printed on a SIM carrier. `pin` and `pin2` are the *delivery* PINs: only the card knows them since (S9).

    `activation_code` is that of an eSIM profile, a bearer secret. What is not known is None.
    """

    pin: Secret | None = None
    puk: Secret | None = None
    pin2: Secret | None = None
    puk2: Secret | None = None
    activation_code: Secret | None = None

    def text(self) -> Secret:
        """All of them as one text, each on a line of its own in the order of the fields; none holds a line's end."""
        return Secret("\n".join("" if secret is None else secret.reveal() for secret in self._all()))

    @classmethod
    def read(cls, text: Secret) -> Self:
        """The secrets of a `text`."""
        return cls(*(Secret(line) if line else None for line in text.reveal().split("\n")))

    def or_else(self, known: "SimSecrets") -> "SimSecrets":
        """These, and what is `known` where nothing is said."""
        return SimSecrets(*(mine or theirs for mine, theirs in zip(self._all(), known._all(), strict=True)))

    def _all(self) -> tuple[Secret | None, ...]:
        return (self.pin, self.puk, self.pin2, self.puk2, self.activation_code)
