"""Put the options a brand offers into the database; a catalogue comes into force by its own `effective_from` (S13)."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.option import OptionCatalogue
from werda.core.option_document import parse
from werda.core.toml_document import Problem


def activate_options(
    owner: psycopg.Connection[Any], document: str, *, now: datetime
) -> OptionCatalogue | list[Problem]:
    """Keep a valid document for its brand; the problems otherwise, and nothing is changed."""
    catalogue = parse(document)
    if not isinstance(catalogue, OptionCatalogue):
        return catalogue
    row = owner.execute("select id from brand where slug = %s", (catalogue.brand,)).fetchone()
    if row is None:
        return [Problem(1, "brand", f"there is no brand {catalogue.brand!r}; add it with `werda brand add`")]
    clash = owner.execute(
        "select version from option_version where brand_id = %s and effective_from = %s and version <> %s",
        (row[0], catalogue.effective_from, catalogue.version),
    ).fetchone()
    if clash is not None:
        return [Problem(1, "effective_from", f"is that of version {clash[0]} too; write another moment")]
    owner.execute(
        "insert into option_version (brand_id, version, effective_from, document) values (%s, %s, %s, %s)"
        " on conflict (brand_id, version)"
        " do update set effective_from = excluded.effective_from, document = excluded.document",
        (row[0], catalogue.version, catalogue.effective_from, document),
    )
    owner.execute(
        "insert into event (at, kind, brand_id, actor, detail) values (%s, %s, %s, 'operator', %s)",
        (now, EventKind.CATALOGUE_ACTIVATED.value, row[0], Jsonb({"options": catalogue.version})),
    )
    return catalogue
