"""The steps of a rotation on a keyset's text: a key more, another primary key, a key less.

Tink's Python library makes keysets and has nothing that changes one, so this works on its JSON format
(tink.json_proto_keyset_format: `primaryKeyId`, and for each key `keyId`, `status`, `keyData`), which `ring.parse` then
reads and checks as a whole.
"""

import json
from typing import Any

from werda.core.secret import Secret
from werda.keys import ring
from werda.keys.ring import RingName


def key_ids(keyset: Secret) -> list[int]:
    """The ids of its keys."""
    return [int(key["keyId"]) for key in _read(keyset)["key"]]


def primary_of(keyset: Secret) -> int:
    """The id of the key that new values are made under."""
    return int(_read(keyset)["primaryKeyId"])


def with_another(keyset: Secret, name: RingName) -> Secret:
    """The same with a fresh key beside the others."""
    there = _read(keyset)
    while True:
        more = _read(ring.fresh(name))
        if more["primaryKeyId"] not in key_ids(keyset):
            return _text({**there, "key": there["key"] + more["key"]})


def with_primary(keyset: Secret, key_id: int) -> Secret:
    """The same with that key as the primary one; it must be there."""
    assert key_id in key_ids(keyset)
    return _text({**_read(keyset), "primaryKeyId": key_id})


def without(keyset: Secret, key_id: int) -> Secret:
    """The same without that key; it must not be the primary one."""
    there = _read(keyset)
    assert there["primaryKeyId"] != key_id
    return _text({**there, "key": [key for key in there["key"] if key["keyId"] != key_id]})


def _read(keyset: Secret) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(keyset.reveal())
    return read


def _text(keyset: dict[str, Any]) -> Secret:
    return Secret(json.dumps(keyset))
