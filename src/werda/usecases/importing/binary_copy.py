"""Secrets as rows of COPY's binary form (PostgreSQL documentation, COPY, "Binary Format").

An import brings in several of them for each row of a file. In binary form one is made in half the time, and the server
takes it without reading numbers, moments and hexadecimal digits. A value is its length in four bytes and its bytes.
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from werda.keys.verifier import MAC_SIZE
from werda.usecases.importing.newer_wins import Connection

SEALED: Final = b"copy sealed_secret (customer_id, sim_id, kind, key_id, as_of, ciphertext) from stdin (format binary)"
CREDENTIAL: Final = (
    b"copy credential (customer_id, person_id, method, sim_id, key_id, mac, until) from stdin (format binary)"
)

_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_MOMENT: Final = struct.Struct("!iq")
_SEALED_ROW: Final = struct.Struct("!h iq iq ih iq iq i")
_CREDENTIAL_ROW: Final = struct.Struct(f"!h iq iq ih iq iq i{MAC_SIZE}s")
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """A moment as PostgreSQL counts it: microseconds since the beginning of 2000."""
    return (moment - _EPOCH) // _MICROSECOND


def sealed_row(customer_id: int, sim_id: int, kind: int, key_id: int, as_of: int, ciphertext: bytes) -> bytes:
    """A row of `sealed_secret`; `as_of` in `microseconds`."""
    return _SEALED_ROW.pack(6, 8, customer_id, 8, sim_id, 2, kind, 8, key_id, 8, as_of, len(ciphertext)) + ciphertext


def credential_row(
    customer_id: int, method: int, sim_id: int, key_id: int, mac: bytes, until: datetime | None
) -> bytes:
    """A row of `credential` for the account holder (person 0)."""
    row = _CREDENTIAL_ROW.pack(7, 8, customer_id, 8, 0, 2, method, 8, sim_id, 8, key_id, MAC_SIZE, mac)
    return row + (_NULL if until is None else _MOMENT.pack(8, microseconds(until)))


def copy_binary(connection: Connection, statement: bytes, rows: Iterable[bytes]) -> None:
    """Bring rows in with `SEALED` or `CREDENTIAL`."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEADER + b"".join(rows) + _END)
