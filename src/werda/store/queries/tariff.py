"""What a brand sells, and which brands there are to sell for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from werda.core.tariff import TariffCatalogue
from werda.core.tariff_document import parse


@dataclass(frozen=True, slots=True)
class Shop:
    """A brand as its order flow needs it. `form` is ``du`` or ``sie``."""

    id: int
    slug: str
    name: str
    form: str
    language: str
    timezone: str
    portal: str


def shops(connection: psycopg.Connection[Any]) -> list[Shop]:
    """All brands, the oldest first."""
    rows = connection.execute("select id, slug, name, form, language, timezone, portal from brand order by id")
    return [Shop(*row) for row in rows]


def tariffs_of(connection: psycopg.Connection[Any], brand_id: int, now: datetime) -> TariffCatalogue | None:
    """What the brand sells now; None when it sells nothing yet."""
    rows = connection.execute("select document from tariff_version where brand_id = %s", (brand_id,)).fetchall()
    read = [parse(document) for (document,) in rows]
    return TariffCatalogue.in_force([found for found in read if isinstance(found, TariffCatalogue)], now)
