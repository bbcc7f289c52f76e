"""What a brand's portal is dressed in, kept for a few seconds: every page and four files ask for it."""

import time
from typing import Final

from werda.core.brand_tokens import PLAIN
from werda.look.rings import database
from werda.store.queries.brand_tokens import Dress, dress_of
from werda.store.queries.tariff import Shop

_SECONDS: Final = 5.0
_kept: dict[int, tuple[float, Dress]] = {}


def worn_by(shop: Shop | None) -> Dress:
    """The brand's tokens and logo; the plain ones while there is no brand."""
    if shop is None:
        return Dress(PLAIN, "", 0)
    since, dress = _kept.get(shop.id, (-_SECONDS, None))
    if dress is None or time.monotonic() - since > _SECONDS:
        with database() as connection:
            dress = dress_of(connection, shop.id)
        _kept[shop.id] = time.monotonic(), dress
    return dress
