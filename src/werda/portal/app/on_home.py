"""What the first page says of the app: that one can have it, while the browser offers it and until one has it."""

from werda.portal.access import Block, Visit


def block(_visit: Visit) -> Block:
    """Hidden until the browser says that the app can be installed."""
    return Block("app/on_home.html", {})
