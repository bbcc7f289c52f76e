"""A key ring is a Tink keyset in a file, an environment variable, or a file that a vault opens; every value names its
key version (B5).

Whoever holds a ring can forge or read, so a ring's file and folder are for their owner only, and no process that has
loaded one leaves its memory in a core dump. ``WERDA_VERIFIER_KEYRING`` and its like hold the JSON of a keyset where no
file is wanted. With ``WERDA_TRANSIT_URL`` the files hold what Vault's or OpenBao's transit engine encrypted.
"""

import os
import stat
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

import tink
from tink import aead, prf, secret_key_access, signature

from werda.core.secret import Secret
from werda.keys.environment import taken
from werda.keys.memory import never_dump
from werda.keys.transit import Transit
from werda.keys.vault import VaultFailed

aead.register()
prf.register()
signature.register()  # type: ignore[no-untyped-call]


class RingName(StrEnum):
    """The rings. A process holds only those it needs: the gate never has `CUSTODY`, the desk `SECOND_FACTOR` alone.

    `AUDIT` signs checkpoints; it is the worker's.
    """

    VERIFIER = "verifier"
    CUSTODY = "custody"
    SECOND_FACTOR = "second_factor"
    AUDIT = "audit"


class BadKeyRing(RuntimeError):
    """A key ring is missing, readable by others, damaged, or not the one this database was made with."""


_TEMPLATES: Final = {
    RingName.VERIFIER: prf.prf_key_templates.HMAC_SHA256,
    RingName.CUSTODY: aead.aead_key_templates.AES256_GCM,
    RingName.SECOND_FACTOR: aead.aead_key_templates.AES256_GCM,
    RingName.AUDIT: signature.signature_key_templates.ED25519,
}


def file_of(folder: Path, name: RingName) -> Path:
    """Where a ring lies when it lies in a file."""
    return folder / f"{name}.json"


def variable_of(name: RingName) -> str:
    """The environment variable that holds a ring instead of a file."""
    return f"WERDA_{name.upper()}_KEYRING"


def in_environment(name: RingName) -> bool:
    """Whether the ring comes from its variable. Then Werda cannot change it."""
    return variable_of(name) in taken()


def fresh(name: RingName) -> Secret:
    """A keyset of that kind with one new key, as text."""
    return Secret(tink.json_proto_keyset_format.serialize(tink.new_keyset_handle(_TEMPLATES[name]), _ACCESS))


def create(folder: Path, name: RingName) -> None:
    """Make a ring with one fresh key, unless it is there."""
    if not file_of(folder, name).exists() and not in_environment(name):
        write(folder, name, fresh(name))


def write(folder: Path, name: RingName, text: Secret) -> None:
    """Put this keyset in the place of the ring's file, at once and whole. Raises `BadKeyRing`."""
    if in_environment(name):
        raise BadKeyRing(f"the {name} ring comes from {variable_of(name)}, which Werda cannot change")
    never_dump()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_others(folder, "700")
    transit = Transit.of_environment()
    try:
        kept = text.reveal() if transit is None else transit.encrypt(name, text)
    except VaultFailed as failed:
        raise BadKeyRing(str(failed)) from None
    file = file_of(folder, name)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(kept)
        opened.flush()
        os.fsync(opened.fileno())  # a promoted key that a power cut takes back would be lost with what it sealed
    new.rename(file)


def load(folder: Path, name: RingName, environment: Mapping[str, str] | None = None) -> tink.KeysetHandle:
    """The ring from its environment variable, else from its file. Raises `BadKeyRing`."""
    return parse(text_of(folder, name, environment), where_of(folder, name, environment))


def where_of(folder: Path, name: RingName, environment: Mapping[str, str] | None = None) -> str:
    """From where a ring comes, for messages."""
    variable = variable_of(name)
    return variable if variable in (taken() if environment is None else environment) else str(file_of(folder, name))


def kept_of(folder: Path, name: RingName, environment: Mapping[str, str] | None = None) -> Secret:
    """The ring as it is kept: a keyset's text, or what the vault made of it. Raises `BadKeyRing`."""
    never_dump()
    if environment is None and in_environment(name):
        return taken()[variable_of(name)]
    if environment is not None and variable_of(name) in environment:
        return Secret(environment[variable_of(name)])
    file = file_of(folder, name)
    if not file.exists():
        raise BadKeyRing(f"the key ring {file} is missing; restore it from its backup, or run `werda setup` once")
    _refuse_others(folder, "700")
    _refuse_others(file, "600")
    try:
        return Secret(file.read_text())
    except (OSError, UnicodeDecodeError):
        pass
    raise BadKeyRing(f"the key ring {file} cannot be read; restore it from its backup")


def text_of(folder: Path, name: RingName, environment: Mapping[str, str] | None = None) -> Secret:
    """The keyset's text. Raises `BadKeyRing`."""
    kept = kept_of(folder, name, environment)
    transit = Transit.of_environment()
    if transit is None or variable_of(name) in (taken() if environment is None else environment):
        if kept.reveal().startswith("vault:"):
            raise BadKeyRing(f"{where_of(folder, name)} was encrypted by a vault; set WERDA_TRANSIT_URL")
        return kept
    try:
        return transit.decrypt(name, kept.reveal())
    except VaultFailed as failed:
        raise BadKeyRing(str(failed)) from None


def parse(text: Secret, where: str) -> tink.KeysetHandle:
    """The keyset of a text. Raises `BadKeyRing`, which says where it came from and quotes nothing."""
    try:
        return tink.json_proto_keyset_format.parse(text.reveal(), _ACCESS)
    except tink.TinkError:
        pass
    raise BadKeyRing(f"{where} holds no readable Tink keyset; restore it from its backup")  # a cause could quote keys


def _refuse_others(path: Path, mode: str) -> None:
    """Keys that somebody else may read, or could have put there, are no secret."""
    there = path.stat()
    if stat.S_IMODE(there.st_mode) & 0o077:
        what = "key ring" if path.is_file() else "folder of key rings"
        raise BadKeyRing(f"others may read the {what} {path}; run `chmod {mode} {path}`")
    if there.st_uid not in (0, os.geteuid()):
        raise BadKeyRing(f"{path} belongs to another user; run `chown {os.geteuid()} {path}` as root")


_ACCESS: Final = secret_key_access.TOKEN
