"""What the room says on the first page: tariff and booked options of each line."""

from werda.look.shown_number import shown_number
from werda.portal.access import Block, Visit
from werda.portal.options.shown import Room


def block(visit: Visit) -> Block:
    """Each line, in two rows of text."""
    room = Room.of(visit)
    lines = [
        {
            "msisdn": shown_number(line.msisdn),
            "kind": line.kind.value,
            "tariff": line.tariff,
            "options": [one.name.of(room.language) for one in line.bookings if not one.is_over(room.today)],
        }
        for line in room.lines
    ]
    return Block("options/on_home.html", {"lines": lines})
