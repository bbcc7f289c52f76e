"""The areas of the portal: each a folder and a Django app, with `urls.pages` and a name space of its own."""

from importlib import resources
from typing import Final

AREAS: Final = (
    "start",
    "sign_in",
    "enrol",
    "account",
    "secrets",
    "calls",
    "orders",
    "options",
    "history",
    "app",
    "help",
    "data",
    "representatives",
    "native",
)

ON_HOME: Final[tuple[str, ...]] = ("calls", "orders", "secrets", "options", "app")
"""The areas that have something to say on the first page, in its order: ``on_home.block(visit)`` of each gives it."""


def with_files() -> list[str]:
    """The areas that ship files of their own: scripts, style sheets, pictures."""
    portal = resources.files("werda.portal")
    return [area for area in AREAS if portal.joinpath(area, "static").is_dir()]
