"""Give a brand its tokens: accent, logo, names, links, hotline (white label). The newest version counts."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.brand_tokens import BrandTokens, parse
from werda.core.logo import Refused, read_logo
from werda.core.toml_document import Problem
from werda.documents.app_icon import NotDrawn, app_icons
from werda.documents.mark import mark


def dress_brand(
    owner: psycopg.Connection[Any], brand_id: int, document: str, logo: bytes | None, *, now: datetime
) -> BrandTokens | list[Problem]:
    """Keep a valid document with the logo it names; the problems otherwise, and nothing is changed.

    The same document and logo once more are no new version.
    """
    tokens = parse(document)
    if not isinstance(tokens, BrandTokens):
        return tokens
    accent = tokens.light
    drawn = read_logo(logo) if logo is not None else mark(accent.colour, accent.ink)
    if isinstance(drawn, Refused):
        return [Problem(1, "logo", drawn.message)]
    try:
        icons = app_icons(drawn, accent.colour)
    except NotDrawn as failed:
        return [Problem(1, "logo", str(failed))]
    last = owner.execute(
        "select version, document = %s and logo = %s from brand_tokens where brand_id = %s"
        " order by version desc limit 1",
        (document, drawn, brand_id),
    ).fetchone()
    if last is not None and last[1]:
        return tokens
    version = last[0] + 1 if last else 1
    owner.execute(
        "insert into brand_tokens (brand_id, version, loaded_at, document, logo, icon_small, icon_large, icon_maskable)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (brand_id, version, now, document, drawn, icons.small, icons.large, icons.maskable),
    )
    owner.execute(
        "insert into event (at, kind, brand_id, actor, detail) values (%s, %s, %s, 'operator', %s)",
        (now, EventKind.BRAND_CHANGED.value, brand_id, Jsonb({"tokens": version})),
    )
    return tokens
