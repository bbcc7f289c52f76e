"""Brands by their slug, as commands name them."""

from collections.abc import Sequence
from typing import Any

import psycopg

from werda.cli.failing import Unusable


def brand_ids(owner: psycopg.Connection[Any], slugs: Sequence[str]) -> list[int]:
    """The ids of these brands; fails clearly on an unknown one."""
    known: dict[str, int] = dict(owner.execute("select slug::text, id from brand").fetchall())
    for slug in slugs:
        if slug not in known:
            there = ", ".join(sorted(known)) or "none yet; add one with `werda brand add`"
            raise Unusable(f"there is no brand {slug!r}; there is: {there}")
    return [known[slug] for slug in slugs]
