"""What the room says on the first page: what waits for the customer's word, if anything does."""

from werda.portal.access import Block, Visit
from werda.portal.orders.standing import waiting


def block(visit: Visit) -> Block:
    """A row for each order that can still be stopped."""
    return Block("orders/waiting.html", {"orders": waiting(visit)})
