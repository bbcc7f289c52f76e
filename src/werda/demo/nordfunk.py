"""Found the operator: brand, policies, trunks, agents, an API key, and a thousand customers brought in from its files.

Each step looks for what it makes, so a demo that was interrupted goes on, and one that was finished starts as it was.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import psycopg
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from werda.core.brand_tokens import BrandTokens
from werda.core.customer_code import CodeFormat
from werda.core.option import OptionCatalogue
from werda.core.policy import Policy
from werda.core.secret import Secret
from werda.core.tariff import TariffCatalogue
from werda.demo import operator_files
from werda.demo.operator import Agreement, Operator
from werda.demo.phone_numbers import HOTLINE
from werda.demo.population import population, stock
from werda.demo.portal_logins import give_login, portal_logins
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.store.models.agent import Agent
from werda.store.roles import Database, Role
from werda.usecases import import_bookings, import_customers, import_sims
from werda.usecases.activate_options import activate_options
from werda.usecases.activate_policy import activate_policy
from werda.usecases.activate_tariffs import activate_tariffs
from werda.usecases.add_brand import add_brand, add_trunk
from werda.usecases.connect_webhook import connect_webhook, make_secret
from werda.usecases.create_agent import create_agent
from werda.usecases.create_api_key import Scope, create_api_key
from werda.usecases.dress_brand import dress_brand
from werda.usecases.importing.run import Order
from werda.usecases.importing.table_file import TableFile

BRAND: Final = "nordfunk"
MOBILE_NETWORK: Final = "mobile-network"
"""The trunk from Nordfunk's own network, which vouches for calling numbers (C3)."""
CARRIER: Final = "carrier"
"""The trunk from everybody else's, which does not."""
AGENTS: Final = {"anna": "Anna Petersen", "ben": "Ben Yıldız"}


@dataclass(frozen=True, slots=True)
class Login:
    """How an agent of the demo signs in by hand. Both are shown on the demo's first page."""

    username: str
    name: str
    password: Secret
    totp: Secret


def api_key_file(keys: Path) -> Path:
    """Where the demo keeps an API key that may verify and report calls, and whose word about numbers is believed."""
    return keys / "demo-api-key"


def _agreement_file(keys: Path) -> Path:
    """Where the operator keeps what it was given."""
    return keys / "demo-operator.json"


def order_system(folder: Path, keys: Path, intake: str) -> Operator:
    """Nordfunk's order system, once the demo is founded. `intake` is the address of Werda's intake."""
    given = json.loads(_agreement_file(keys).read_text())
    agreement = Agreement(Secret(given["webhook_secret"]), Secret(given["api_key"]), intake)
    return Operator(folder / "nordfunk-orders.sqlite3", agreement)


def logins(keys: Path) -> list[Login]:
    """The agents' logins, made on first use."""
    file = keys / "demo-logins.json"
    if not file.exists():
        made = {name: {"password": secrets.token_urlsafe(12), "totp": generate_totp_secret()} for name in AGENTS}
        _keep(file, json.dumps(made, indent=1))
    known = json.loads(file.read_text())
    return [
        Login(username, name, Secret(known[username]["password"]), Secret(known[username]["totp"]))
        for username, name in AGENTS.items()
    ]


@dataclass(frozen=True)
class Founding:
    """What the operator is made in. Django must be set up as the owner. `tell` hears what is being done."""

    database: Database
    folder: Path
    keys: Path
    verifier: Verifier
    custody: Custody
    now: datetime
    tell: Callable[[str], None]
    webhook: str
    """Where Nordfunk's order system takes webhooks."""

    def found(self) -> None:
        """Make everything that is not there yet."""
        with self.database.connect(Role.OWNER) as owner:
            brand_id = self._brand(owner)
            self._dress(owner, brand_id)
            self._tariffs(owner)
            self._api_key(owner, brand_id)
            self._agents(owner, brand_id)
        self._order_system(brand_id)
        self._second_steps()
        if self._files_are_left() or not self._customers():
            self._bring_in()
        self._portal_logins()

    def _brand(self, owner: psycopg.Connection[Any]) -> int:
        row = owner.execute("select id from brand where slug = %s", (BRAND,)).fetchone()
        if row is not None:
            return int(row[0])
        self.tell("Founding Nordfunk")
        brand_id = add_brand(owner, slug=BRAND, name="Nordfunk", dialled=[HOTLINE], portal="nordfunk.example.org")
        add_trunk(owner, name=MOBILE_NETWORK, asserts=True)
        add_trunk(owner, name=CARRIER, asserts=False)
        for document in sorted(files("werda.demo").joinpath("policies").iterdir(), key=lambda file: file.name):
            activated = activate_policy(owner, document.read_text(encoding="utf-8"), now=self.now)
            assert isinstance(activated, Policy), activated
        return brand_id

    def _dress(self, owner: psycopg.Connection[Any], brand_id: int) -> None:
        """A green as deep as the sea, and a lighthouse."""
        folder = files("werda.demo").joinpath("brand")
        document, logo = folder.joinpath("nordfunk.toml"), folder.joinpath("nordfunk.svg")
        worn = dress_brand(owner, brand_id, document.read_text(encoding="utf-8"), logo.read_bytes(), now=self.now)
        assert isinstance(worn, BrandTokens), worn

    def _tariffs(self, owner: psycopg.Connection[Any]) -> None:
        for document in sorted(files("werda.demo").joinpath("tariffs").iterdir(), key=lambda file: file.name):
            sold = activate_tariffs(owner, document.read_text(encoding="utf-8"), now=self.now)
            assert isinstance(sold, TariffCatalogue), sold
        for document in sorted(files("werda.demo").joinpath("options").iterdir(), key=lambda file: file.name):
            offered = activate_options(owner, document.read_text(encoding="utf-8"), now=self.now)
            assert isinstance(offered, OptionCatalogue), offered

    def _api_key(self, owner: psycopg.Connection[Any], brand_id: int) -> None:
        file = api_key_file(self.keys)
        if not file.exists():
            scopes = {Scope.VERIFY, Scope.CALLS}
            key = create_api_key(owner, name="demo", scopes=scopes, brands=[brand_id], asserts=True)
            _keep(file, key.reveal())

    def _order_system(self, brand_id: int) -> None:
        """Nordfunk's own order system: it gets the webhooks and may answer. Its address may be another each time."""
        file = _agreement_file(self.keys)
        if not file.exists():
            with self.database.connect(Role.OWNER) as owner:
                key = create_api_key(
                    owner, name="demo operator", scopes={Scope.OPERATOR}, brands=[brand_id], asserts=False
                )
            _keep(file, json.dumps({"webhook_secret": make_secret().reveal(), "api_key": key.reveal()}))
        secret = Secret(json.loads(file.read_text())["webhook_secret"])
        with self.database.connect(Role.CUSTODY) as custody:
            known = custody.execute("select url from webhook_endpoint where brand_id = %s", (brand_id,)).fetchone()
            if known is None or known[0] != self.webhook:
                connect_webhook(custody, self.custody, brand_id=brand_id, url=self.webhook, secret=secret, now=self.now)

    def _agents(self, owner: psycopg.Connection[Any], brand_id: int) -> None:
        there = {name for (name,) in owner.execute("select username from agent")}
        for login in logins(self.keys):
            if login.username not in there:
                create_agent(
                    owner,
                    username=login.username,
                    password=login.password,
                    name=login.name,
                    brands=[brand_id],
                    now=self.now,
                )

    def _second_steps(self) -> None:
        for login in logins(self.keys):
            agent = Agent.objects.get(username=login.username)
            if not agent.authenticator_set.exists():
                TOTP.activate(agent, login.totp.reveal())

    def _portal_logins(self) -> None:
        """Some customers have opened the portal long ago, one of them with an authenticator app (A3)."""
        with self.database.connect(Role.CUSTODY) as custody:
            for login in portal_logins(self.keys):
                give_login(custody, self.custody, login, now=self.now)

    def _files_are_left(self) -> bool:
        return operator_files.customers_file(self.folder).exists()

    def _customers(self) -> int:
        with self.database.connect(Role.CUSTODY) as custody:
            row = custody.execute("select count(*) from customer").fetchone()
        return int(row[0]) if row else 0

    def _bring_in(self) -> None:
        """Customers first, then SIMs and options, as an operator does; what a crash left over is brought in too."""
        if not self._files_are_left():
            self.tell("Writing the files of 1 000 customers")
            operator_files.write(self.folder, population(), CodeFormat(), stock())
        for file, what, bring_in in (
            (operator_files.customers_file(self.folder), import_customers.COLUMNS, import_customers.import_customers),
            (operator_files.sims_file(self.folder), import_sims.COLUMNS, import_sims.import_sims),
            (operator_files.bookings_file(self.folder), import_bookings.COLUMNS, import_bookings.import_bookings),
        ):
            if not file.exists():
                continue  # it is in, and the demo was stopped while it tidied up
            self.tell(f"Bringing in {file.name}")
            order = Order(TableFile.open(file, what), BRAND, self.now, file.with_suffix(".rejects.csv"))
            report = bring_in(self.database, order, self.verifier, self.custody)
            assert not report.rejected, f"{file.name} has {report.rejected} rejects"
        for place in (operator_files.bookings_file, operator_files.sims_file, operator_files.customers_file):
            place(self.folder).unlink(missing_ok=True)


def _keep(file: Path, text: str) -> None:
    """Write a file that its owner alone may read; it is whole or not there."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.rename(file)
