"""For every address with a part that names a thing: how to name somebody else's, so that it is tried (A4).

A page that takes an id and is not here fails `test_access`: whoever adds one says whose thing it must not show.
"""

from collections.abc import Callable
from typing import Final

from tests.people import Person
from tests.portals import Portal

Named = dict[str, object]

FOREIGN: Final[dict[str, Callable[[Portal, Person], Named]]] = {
    "secrets:sim": lambda _, other: {"sim_id": other.sims[0].id},
}
"""By name of the page (``area:page``): what the address says when the thing is this other person's."""
