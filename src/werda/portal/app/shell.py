"""The shell: the few files with which the app says that there is no internet. Nothing of a customer is among them."""

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse

from werda.store.queries.brand_tokens import Dress
from werda.store.queries.tariff import Shop

_FILES: Final = (
    ("werda.look", "look/tokens.css"),
    ("werda.look", "look/look.css"),
    ("werda.look", "look/icons.svg"),
    ("werda.look", "look/fonts/atkinson-hyperlegible-next-latin.woff2"),
    ("werda.portal", "portal/portal.css"),
    ("werda.portal.app", "app/app.js"),
)


def shell_of() -> list[str]:
    """The addresses that the service worker keeps."""
    made = (reverse("app:offline"), reverse("app:colours"), reverse("app:logo"))
    return [*made, *(static(name) for _, name in _FILES)]


def version_of(shell: list[str], shop: Shop | None, dress: Dress, language: str) -> str:
    """Another one whenever anything in the shell is: files, brand, words, language."""
    told = "\n".join([*shell, str(shop), str(dress), language])
    return hashlib.sha256((_of_files() + told).encode()).hexdigest()[:16]


@cache
def _of_files() -> str:
    digest = hashlib.sha256()
    for room, name in (*_FILES, ("werda.portal.app", "app/worker.js")):
        digest.update(resources.files(room).joinpath("static", name).read_bytes())
    for words in sorted((Path(__file__).parent / "locale").rglob("*.mo")):
        digest.update(words.read_bytes())
    digest.update(get_template("app/offline.html").template.source.encode())  # type: ignore[attr-defined]
    return digest.hexdigest()
