"""The portal's pages as people look at them: every address that shows one, found in the addresses themselves.

A page that names a thing is looked at with a thing of one's own, made as `foreign.FOREIGN` makes somebody else's. What
shows no page (files, addresses that only take forms) says so by its answer and is left out.
"""

import re
from collections.abc import Iterator

from tests.people import Person
from tests.portal.foreign import FOREIGN
from tests.portal.test_access import PAGES
from tests.portals import Browser, Portal

FRAGMENTS = {"calls:now"}
"""What scripts fetch to put it into a page, where it is looked at."""


def pages_to_look_at(portal: Portal, browser: Browser, person: Person) -> Iterator[tuple[str, str]]:
    """Name and address of every page that `browser`, of `person`, is shown."""
    for name, address, declared, parts in PAGES:
        if declared == "app":  # no page: it answers in JSON
            continue
        path = f"/{address}"
        if parts:
            for part, value in FOREIGN[name](portal, person).items():
                path = re.sub(rf"<(?:\w+:)?{part}>", str(value), path)
        with browser.client.stream("GET", path) as answer:  # a live stream would never end
            kind = answer.headers.get("Content-Type", "")
            looked_at = answer.status_code == 200 and kind.startswith("text/html") and name not in FRAGMENTS
        if looked_at:
            yield name, path
