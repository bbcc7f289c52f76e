"""An activation code as a QR code, drawn as one path of an SVG (S12). What it shows is as secret as the text."""

from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M

from werda.core.secret import Secret

_QUIET: Final = 4
"""Light modules around the code that a reader needs (ISO/IEC 18004)."""


def qr_code(text: Secret) -> Secret:
    """The SVG of a QR code, one unit to a module, the quiet zone included."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_QUIET)
    code.add_data(text.reveal())
    rows = code.get_matrix()
    dark = "".join(
        f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )  # fmt: skip
    size = len(rows)
    return Secret(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path d="{dark}"/></svg>'
    )
