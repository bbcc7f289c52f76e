"""Werda's mark in any two colours, for brands that have no logo."""

from typing import Final

_W: Final = "M6 10l4.5 13L16 12l5.5 11L26 10"


def mark(ground: str, ink: str) -> str:
    """The mark as SVG; look/mark.svg is that of ink on paper."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="6" fill="{ground}"/>'
        f'<path d="{_W}" fill="none" stroke="{ink}" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>'
        "</svg>"
    )
