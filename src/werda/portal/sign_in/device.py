"""How people call the device they sign in with: browser and system, nothing that could follow them."""

import re
from typing import Final

_BROWSERS: Final = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS: Final = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("Mac", r"Macintosh"),
    ("Linux", r"Linux|X11"),
)


def device_of(user_agent: str) -> str:
    """Such as ``Firefox, Android``; empty parts are left out, and an unknown device has no name."""
    found = [next((name for name, sign in signs if re.search(sign, user_agent)), "") for signs in (_BROWSERS, _SYSTEMS)]
    return ", ".join(part for part in found if part)
