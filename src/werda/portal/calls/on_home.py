"""What calls say on the first page: whether we speak with them now."""

from werda.portal.access import Block, Visit
from werda.portal.calls.standing import standing


def block(visit: Visit) -> Block:
    """The call status, live."""
    return Block("calls/on_home.html", {"standing": standing(visit)})
