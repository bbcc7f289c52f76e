"""A key ring is a Tink keyset in a file (0600) or an environment variable; every value names its key version (B5).

``WERDA_VERIFIER_KEYRING`` and ``WERDA_CUSTODY_KEYRING`` hold the JSON of a keyset where no file is wanted. Start-up
compares each key with its *canary*, a value stored when the key was first used, and refuses a ring that does not fit:
a wrong key would silently refuse every caller.
"""

import os
import stat
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

import tink
from tink import aead, prf, secret_key_access

aead.register()
prf.register()


class RingName(StrEnum):
    """The rings. A process holds only those it needs: the gate never has `CUSTODY`, the desk `SECOND_FACTOR` alone."""

    VERIFIER = "verifier"
    CUSTODY = "custody"
    SECOND_FACTOR = "second_factor"


class BadKeyRing(RuntimeError):
    """A key ring is missing, readable by others, damaged, or not the one this database was made with."""


_TEMPLATES: Final = {
    RingName.VERIFIER: prf.prf_key_templates.HMAC_SHA256,
    RingName.CUSTODY: aead.aead_key_templates.AES256_GCM,
    RingName.SECOND_FACTOR: aead.aead_key_templates.AES256_GCM,
}


def _file(folder: Path, name: RingName) -> Path:
    return folder / f"{name}.json"


def create(folder: Path, name: RingName) -> None:
    """Make a ring with one fresh key, unless it is there."""
    file = _file(folder, name)
    if file.exists() or f"WERDA_{name.upper()}_KEYRING" in os.environ:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = tink.new_keyset_handle(_TEMPLATES[name])
    fresh = file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
    fresh.rename(file)


def load(folder: Path, name: RingName, environment: Mapping[str, str] = os.environ) -> tink.KeysetHandle:
    """The ring from its environment variable, else from its file. Raises `BadKeyRing`."""
    variable = f"WERDA_{name.upper()}_KEYRING"
    text = environment.get(variable)
    where = variable
    if text is None:
        file = _file(folder, name)
        where = str(file)
        if not file.exists():
            raise BadKeyRing(f"the key ring {file} is missing; restore it from its backup, or run `werda setup` once")
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise BadKeyRing(f"others may read the key ring {file}; run `chmod 600` on it")
        text = file.read_text()
    try:
        return tink.json_proto_keyset_format.parse(text, secret_key_access.TOKEN)
    except tink.TinkError:
        pass
    raise BadKeyRing(
        f"{where} holds no readable Tink keyset; restore it from its backup"
    )  # no cause: it could quote keys
