"""What a brand is dressed in now."""

from dataclasses import dataclass
from typing import Any

import psycopg

from werda.core.brand_tokens import PLAIN, BrandTokens, parse


@dataclass(frozen=True, slots=True)
class Dress:
    """A brand's tokens, and its logo as SVG; version 0 is that of a brand that was given none, which has no logo."""

    tokens: BrandTokens
    logo: str
    version: int


def dress_of(connection: psycopg.Connection[Any], brand_id: int) -> Dress:
    """The newest tokens of a brand, the plain ones when it has none."""
    row = connection.execute(
        "select document, logo, version from brand_tokens where brand_id = %s order by version desc limit 1",
        (brand_id,),
    ).fetchone()
    tokens = parse(row[0]) if row else PLAIN
    if row is None or not isinstance(tokens, BrandTokens):  # rules became stricter since it was loaded
        return Dress(PLAIN, "", 0)
    return Dress(tokens, row[1], row[2])


def hotline_numbers(connection: psycopg.Connection[Any], brand_id: int) -> list[str]:
    """The numbers under which the brand's hotline answers, in E.164."""
    rows = connection.execute("select number from dialled_number where brand_id = %s order by number", (brand_id,))
    return [number for (number,) in rows]


def icon_of(connection: psycopg.Connection[Any], brand_id: int, size: str) -> bytes | None:
    """A PNG of the brand's newest logo, ``small``, ``large`` or ``maskable``; None when it was given none."""
    row = connection.execute(
        "select case %s when 'small' then icon_small when 'large' then icon_large else icon_maskable end"
        " from brand_tokens where brand_id = %s order by version desc limit 1",
        (size, brand_id),
    ).fetchone()
    return bytes(row[0]) if row else None
