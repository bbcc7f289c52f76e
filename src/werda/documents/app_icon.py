"""A logo as the pictures that home screens want: PNG of fixed sizes, one with room around it to be cut from.

Typst draws them, as it draws the papers; it is given the checked logo in memory and no file.
"""

from dataclasses import dataclass
from typing import Final

import typst

_PAGE: Final = b"""#let side = eval(sys.inputs.side)
#set page(width: side, height: side, margin: 0pt, fill: rgb(sys.inputs.ground))
#align(center + horizon, image(bytes(sys.inputs.logo), format: "svg", width: eval(sys.inputs.share)))
"""
_WHOLE: Final = "100%"
_SAFE: Final = "62%"
"""A circle of 80 % of the side is never cut (W3C, maskable icons); a square of 62 % lies just outside, corners only."""


@dataclass(frozen=True, slots=True)
class AppIcons:
    """PNG files of 192, 512, and 512 pixels."""

    small: bytes
    large: bytes
    maskable: bytes


class NotDrawn(ValueError):
    """The logo is an SVG that Typst cannot draw. Quotes nothing of it."""


def app_icons(logo: str, ground: str) -> AppIcons:
    """Draw the icons of `logo` on `ground`, a colour written ``#rrggbb``."""
    try:
        return AppIcons(
            _drawn(logo, ground, 192, _WHOLE), _drawn(logo, ground, 512, _WHOLE), _drawn(logo, ground, 512, _SAFE)
        )
    except typst.TypstError:
        raise NotDrawn("the logo could not be drawn; save it as plain SVG") from None


def _drawn(logo: str, ground: str, pixels: int, share: str) -> bytes:
    inputs = {"logo": logo, "ground": ground, "side": f"{pixels}pt", "share": share}
    picture = typst.compile(_PAGE, format="png", ppi=72.0, sys_inputs=inputs, ignore_system_fonts=True)
    assert isinstance(picture, bytes), "one page, one picture"
    return picture
