"""Add a brand with its dialled numbers, or change it; add trunks of the switch."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind


def add_brand(
    owner: psycopg.Connection[Any],
    *,
    slug: str,
    name: str,
    dialled: Sequence[str],
    form: str = "du",
    language: str = "de",
    timezone: str = "Europe/Berlin",
    portal: str = "",
) -> int:
    """Make the brand called `slug`, or bring it to these values; `dialled` are E.164. Gives its id."""
    row = owner.execute(
        "insert into brand (slug, name, form, language, timezone, portal) values (%s, %s, %s, %s, %s, %s)"
        " on conflict (slug) do update set name = excluded.name, form = excluded.form, language = excluded.language,"
        " timezone = excluded.timezone, portal = excluded.portal returning id",
        (slug, name, form, language, timezone, portal),
    ).fetchone()
    assert row is not None
    brand_id: int = row[0]
    owner.execute("delete from dialled_number where brand_id = %s and number <> all (%s)", (brand_id, list(dialled)))
    for number in dialled:
        owner.execute(
            "insert into dialled_number (number, brand_id) values (%s, %s)"
            " on conflict (number) do update set brand_id = excluded.brand_id",
            (number, brand_id),
        )
    _record(owner, EventKind.BRAND_CHANGED, brand_id, {"slug": slug, "dialled": list(dialled)})
    return brand_id


def add_trunk(owner: psycopg.Connection[Any], *, name: str, asserts: bool) -> None:
    """Make a trunk known; only one that `asserts` is believed about calling numbers (C3)."""
    owner.execute(
        "insert into trunk (name, asserts) values (%s, %s) on conflict (name) do update set asserts = excluded.asserts",
        (name, asserts),
    )
    _record(owner, EventKind.TRUNK_CHANGED, None, {"name": name, "asserts": asserts})


def _record(owner: psycopg.Connection[Any], kind: EventKind, brand_id: int | None, detail: dict[str, object]) -> None:
    owner.execute(
        "insert into event (at, kind, brand_id, actor, detail) values (now(), %s, %s, 'operator', %s)",
        (kind.value, brand_id, Jsonb(detail)),
    )
    owner.execute("select pg_notify('werda_config', %s)", (kind.value,))
