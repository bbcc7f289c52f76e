"""Draws the app's icons of an installation without brand tokens: python -m parts.app_icons

They are committed (src/werda/portal/app/pictures); a brand's own are drawn when its tokens are loaded.
"""

from pathlib import Path

from werda.core.brand_tokens import PLAIN
from werda.documents.app_icon import app_icons
from werda.documents.mark import mark

PICTURES = Path(__file__).parents[1] / "src/werda/portal/app/pictures"


def main() -> None:
    """Draw and write them."""
    drawn = app_icons(mark(PLAIN.light.colour, PLAIN.light.ink), PLAIN.light.colour)
    PICTURES.mkdir(exist_ok=True)
    for name, picture in (("192", drawn.small), ("512", drawn.large), ("maskable-512", drawn.maskable)):
        (PICTURES / f"icon-{name}.png").write_bytes(picture)


if __name__ == "__main__":
    main()
