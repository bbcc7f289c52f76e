"""A secret value never shows itself by accident (B9).

Codes, PINs, PUKs, tokens and keys travel as `Secret` from the edge where they enter to the edge where they leave.
Only `reveal()` gives the value, so every place that handles plain text can be found by searching for that word.
"""

import hmac
from typing import Final, NoReturn

MASK: Final = "•••"


class Secret:
    """A text nobody may see in a log, an error page or a traceback.

    Equality compares in constant time. A `Secret` has no hash, no length and cannot be pickled or formatted.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The plain text, for the edge that must have it."""
        return self.__value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled or copied into another process")
