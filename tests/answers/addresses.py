"""Every address of every process, read from what routes requests: nothing is forgotten when a new one comes.

``python -m tests.answers.addresses`` prints those of a Django process as JSON; WERDA_ROLE and WERDA_DEMO say which.
"""

import json
import os
import re
import subprocess
import sys
from typing import Any

EXAMPLES = {"int": "1", "str": "x", "slug": "x", "uuid": "5f0c0e4e-6c8e-4d5e-9d0f-2b6f6f1f7a11", "path": "x"}


def filled(pattern: str) -> str:
    """An address with something in each of its places."""
    django = re.sub(r"<(\w+):\w+>", lambda place: EXAMPLES[place[1]], pattern)
    return re.sub(r"\{\w+\}", EXAMPLES["uuid"], django)


def of_pages(role: str, *, demo: bool = False) -> list[str]:
    """Those of the desk, sign-up or the demo."""
    environment = {
        **os.environ,
        "WERDA_ROLE": role,
        "WERDA_DEMO": "1" if demo else "",
        "DJANGO_SETTINGS_MODULE": "werda.server.django_settings",
    }
    told = subprocess.run(
        [sys.executable, "-m", "tests.answers.addresses"], env=environment, capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(told.stdout)
    return found


def of_app(edge: Any) -> list[tuple[str, str]]:
    """Method and address of every route of an API, those that its document leaves out among them."""
    app = edge._app
    routes = app.routes
    return sorted({(method, filled(route.path)) for route in routes for method in route.methods} - {("HEAD", "")})


def _pages() -> list[str]:
    import django

    django.setup()
    from django.urls import URLResolver, get_resolver

    def walk(patterns: list[Any], before: str) -> list[str]:
        found = []
        for pattern in patterns:
            here = before + str(pattern.pattern)
            found += walk(pattern.url_patterns, here) if isinstance(pattern, URLResolver) else [here]
        return found

    return [filled(address) for address in walk(get_resolver().url_patterns, "/")]


if __name__ == "__main__":
    print(json.dumps(_pages()))
