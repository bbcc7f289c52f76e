"""An installation as a command sees it: settings, the running database, and the key rings it may use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from werda.keys.custody import Custody
from werda.keys.signer import Signer
from werda.keys.verifier import Verifier
from werda.server.settings import Settings
from werda.store.roles import Database, Role, make_embedded_database
from werda.usecases.hold_keys import HeldKeys
from werda.usecases.set_up import set_up


@dataclass(frozen=True)
class Installation:
    """Settings, a database that answers, and the rings that were asked for, held as the role custody."""

    settings: Settings
    database: Database
    keys: HeldKeys = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        held = HeldKeys(lambda: self.database.connect(Role.CUSTODY, autocommit=True), self.settings.keys)
        object.__setattr__(self, "keys", held)

    def verifier(self) -> Verifier:
        """The ring that compares, checked against the database. Raises `werda.keys.ring.BadKeyRing`."""
        return self.keys.ring(Verifier)

    def custody(self) -> Custody:
        """The ring that seals and opens, checked against the database. Raises `werda.keys.ring.BadKeyRing`."""
        return self.keys.ring(Custody)

    def signer(self) -> Signer:
        """The ring that signs checkpoints, checked against the database. Raises `werda.keys.ring.BadKeyRing`."""
        return self.keys.ring(Signer)

    def set_up(self) -> None:
        """Bring schema, roles and keys to this version."""
        self.set_up_django(Role.OWNER)
        set_up(self.database, self.settings.keys)

    def set_up_django(self, role: Role) -> None:
        """Make Django usable in this process, as that role."""
        import django

        os.environ["WERDA_ROLE"] = role.value
        os.environ["DJANGO_SETTINGS_MODULE"] = "werda.server.django_settings"
        django.setup()


@contextmanager
def installation(settings: Settings | None = None) -> Iterator[Installation]:
    """The installation of this environment, its embedded PostgreSQL running for as long as the block lasts."""
    settings = settings or Settings.from_environment()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    postgres = settings.postgres
    if postgres is None:
        with _of(Installation(settings, settings.database)) as it:
            yield it
        return
    with postgres.running():
        database = settings.database
        with postgres.connect() as superuser:
            make_embedded_database(superuser, database)
        with _of(Installation(settings, database)) as it:
            yield it


@contextmanager
def _of(it: Installation) -> Iterator[Installation]:
    try:
        yield it
    finally:
        it.keys.close()
