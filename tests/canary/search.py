"""Looking for secrets where none may be: in files, in every column of every table, in what was answered (B9).

A secret is looked for in every dress it could be left behind in: plain, quoted for a URL, in hexadecimal, in base64,
and, where it is short enough to be guessed, hashed (a hash of ten thousand values protects nothing, B5).
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from psycopg import sql

from tests.database import TestDatabase

GUESSABLE = 12  # letters; what is shorter can be found from its hash

SEALED = {
    ("sealed_secret", "ciphertext"),  # what this column is for
    ("order_draft", "code"),  # and this one's, while an order is filled in
    ("ordered_code", "ciphertext"),  # and this one's, until the operator answers
    ("one_time_code", "sealed"),  # and this one's, until a letter is printed
    ("mfa_authenticator", "data"),  # the key of an agent's authenticator app, which the desk must be able to use
}


@dataclass(frozen=True)
class Found:
    """A secret in a wrong place; its name, never its value."""

    secret: str
    dress: str
    place: str


class Search:
    """The secrets of a day, by name, in all their dresses."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._dresses = [
            (name, dress, text) for name, secret in secrets.items() for dress, text in dresses(secret).items()
        ]

    def in_text(self, place: str, content: bytes | str) -> list[Found]:
        """In one text."""
        data = content.encode() if isinstance(content, str) else content
        return [Found(name, dress, place) for name, dress, text in self._dresses if text in data]

    def in_files(self, *files: Path) -> list[Found]:
        """In files, whole."""
        return [found for file in files for found in self.in_text(file.name, file.read_bytes())]

    def in_tables(self, database: TestDatabase) -> list[Found]:
        """In every column of every table, whatever its type."""
        found = set()
        for table, column, value in values(database):
            if (table, column) not in SEALED:
                for data in (value, peeled(value)):
                    found.update(self.in_text(f"{table}.{column}", data))
        return sorted(found, key=lambda f: (f.place, f.secret, f.dress))


def dresses(secret: str) -> dict[str, bytes]:
    """How a secret may look."""
    plain = secret.encode()
    looks = {
        "plain": plain,
        "in a URL": quote(secret).encode(),
        "hexadecimal": plain.hex().encode(),
        "base64": base64.b64encode(plain).rstrip(b"="),
    }
    if len(secret) < GUESSABLE:
        for name in ("md5", "sha1", "sha256"):
            digest = hashlib.new(name, plain)
            looks |= {f"{name} bytes": digest.digest(), f"{name} text": digest.hexdigest().encode()}
    return looks


def values(database: TestDatabase) -> Iterator[tuple[str, str, bytes]]:
    """Every value of every table: table, column, bytes."""
    tables = database.rows("select table_name from information_schema.tables where table_schema = 'public'")
    with database.connect() as owner:
        for (table,) in tables:
            cursor = owner.execute(sql.SQL("select * from {}").format(sql.Identifier(table)))
            columns = [column.name for column in cursor.description or ()]
            for row in cursor:
                for column, value in zip(columns, row, strict=True):
                    yield table, column, as_bytes(value)


def as_bytes(value: Any) -> bytes:
    match value:
        case bytes():
            return value
        case dict() | list():
            return json.dumps(value, default=str).encode()
    return str(value).encode()


def peeled(value: bytes) -> bytes:
    """What is inside of a session or of a cached value, which Django packs; nothing for anything else."""
    packed = value.split(b":")[0]
    try:
        inside = base64.urlsafe_b64decode(packed.lstrip(b".") + b"=" * (-len(packed.lstrip(b".")) % 4))
        return zlib.decompress(inside) if packed.startswith(b".") else inside
    except (ValueError, zlib.error):
        return b""
