"""How far two colours stand apart, as WCAG 2.2 measures it (1.4.3 and 1.4.11)."""

from collections.abc import Iterable
from typing import Final

TEXT: Final = 4.5
"""What text needs against its ground."""

SHAPE: Final = 3.0
"""What a line, a mark or a button needs against what lies around it."""

LIGHT: Final = ("#f4f4f1", "#ffffff")
"""Paper and sheet of look/tokens.css by day; a test holds them to it."""

DARK: Final = ("#121417", "#1b1e22")
"""Paper and sheet by night."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours written ``#rrggbb``: 1 for the same, 21 for black on white."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def passes(colour: str, ink: str, grounds: Iterable[str]) -> bool:
    """Whether text in `ink` can be read on `colour`, and `colour` stands out from all `grounds`."""
    return contrast(colour, ink) >= TEXT and all(contrast(colour, ground) >= SHAPE for ground in grounds)


def nearest(colour: str, ink: str, grounds: Iterable[str]) -> str | None:
    """The colour of the same tone, darker or lighter, that passes and is nearest; None when there is none."""
    around = tuple(grounds)
    for step in range(256):
        for end in (0, 255):
            mixed = _mixed(colour, end, step / 255)
            if passes(mixed, ink, around):
                return mixed
    return None


def _mixed(colour: str, end: int, share: float) -> str:
    return "#" + "".join(f"{round(channel + (end - channel) * share):02x}" for channel in _channels(colour))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    shares = (channel / 255 for channel in _channels(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
