"""An activation code as a QR code, drawn as one path of an SVG (S12). What it shows is as secret as the text."""

from typing import Any

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from werda.core.secret import Secret


def qr_code(text: Secret) -> Secret:
    """The SVG of a QR code, one unit to a module; the quiet zone around it is the template's."""
    code: QRCode[Any] = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text.reveal())  # type: ignore[no-untyped-call]
    rows = code.get_matrix()  # type: ignore[no-untyped-call]
    dark = "".join(
        f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )  # fmt: skip
    size = len(rows)
    return Secret(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path d="{dark}"/></svg>'
    )
