"""A telephone number as somebody else's stands on a page: enough to know one's own by, too little to call it (A8)."""

from typing import Final

HOME: Final = "+49"
_AHEAD, _BEHIND = 4, 2


def shorten(number: str) -> str:
    """``0176…42`` of ``+4917604000042``; numbers of other countries keep their country. Empty when it was withheld."""
    shown = f"0{number.removeprefix(HOME)}" if number.startswith(HOME) else number
    if len(shown) <= _AHEAD + _BEHIND:
        return shown and "…"
    return f"{shown[:_AHEAD]}…{shown[-_BEHIND:]}"
