"""What Code & SIM says on the first page."""

from werda.portal.access import Block, Visit
from werda.portal.secrets import standing


def block(visit: Visit) -> Block:
    """The masked code, and whether the hotline takes it."""
    return Block("secrets/on_home.html", {"code": standing.code(visit), "hotline": standing.hotline(visit)})
