"""Nordfunk's order system: takes Werda's webhooks and answers by the intake's API, as a real operator would.

It checks each signature with the standardwebhooks library, takes a message once by its webhook-id, and answers a while
later: mostly done, sometimes late, sometimes only after it was out of order for a moment (503), sometimes failed with a
reason. Which, follows from a seed and the number of the message. What it promises (numbers, SIM cards) stands in
books of its own, a SQLite file, so that a restart forgets nothing.
"""

import json
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

from werda.core.secret import Secret
from werda.demo import phone_numbers, population

log = logging.getLogger(__name__)

_ORDERS: Final = "org.werda.order."
_AGAIN_SECONDS: Final = 2.0
_REASON: Final = "Die Bestellung konnte nicht ausgeführt werden: Adresse nicht gefunden."
_BOOKS: Final = """
    create table if not exists message (
        n integer primary key autoincrement, id text not null unique, "order" text not null, kind text not null,
        data text not null, plan text not null, came integer not null default 0, due real, answer text,
        answered integer not null default 0);
    create table if not exists promised (what text primary key, count integer not null);
"""


class Plan(StrEnum):
    """How a message is dealt with."""

    PROMPT = "prompt"
    LATE = "late"
    OUT_OF_ORDER_FIRST = "out of order first"
    FAILED = "failed"


_SECONDS: Final[Mapping[Plan, tuple[float, float]]] = {
    Plan.PROMPT: (0.5, 1.5),
    Plan.LATE: (6.0, 12.0),
    Plan.OUT_OF_ORDER_FIRST: (0.5, 1.5),
    Plan.FAILED: (1.0, 2.0),
}
"""Between taking a message and answering it."""
_WEIGHTS: Final[Mapping[Plan, int]] = {Plan.PROMPT: 6, Plan.LATE: 2, Plan.OUT_OF_ORDER_FIRST: 2, Plan.FAILED: 1}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the operator was given to work with Werda: the webhook's secret, a key for the intake, and where that is."""

    webhook_secret: Secret
    api_key: Secret
    intake: str


@dataclass(frozen=True, slots=True)
class Operator:
    """`books` is the SQLite file. `pace` multiplies all waiting. `planned` overrules the seed, for tests."""

    books: Path
    agreement: Agreement
    seed: int = population.SEED
    pace: float = 1.0
    planned: Callable[[int], Plan] | None = None

    def plan(self, n: int) -> tuple[Plan, float]:
        """How the n-th message is dealt with, and the seconds until the answer."""
        chance = random.Random(f"{self.seed}-{n}")  # noqa: S311 - a story, no secret
        plan = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        if self.planned is not None:
            plan = self.planned(n)
        return plan, chance.uniform(*_SECONDS[plan]) * self.pace

    def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook; gives the HTTP status."""
        try:
            event = Webhook(self.agreement.webhook_secret.reveal()).verify(body, dict(headers))
        except (WebhookVerificationError, ValueError):
            return 401
        if not event["type"].startswith(_ORDERS):
            return 204
        with self._open() as books:
            n = self._note(books, event)
            came, plan_name, due = books.execute("select came, plan, due from message where n = ?", (n,)).fetchone()
            if plan_name == Plan.OUT_OF_ORDER_FIRST and came == 1:
                return 503
            if due is None:
                books.execute("update message set due = ? where n = ?", (time.time() + self.plan(n)[1], n))
        return 204

    def answer_due(self, http: httpx.Client) -> int:
        """Send the answers whose time has come; gives how many were taken. What is not taken is sent again later."""
        with self._open() as books:
            due = books.execute(
                'select n, "order" from message where answered = 0 and due <= ? order by n', (time.time(),)
            ).fetchall()
        return sum(self._answer(http, n, order) for n, order in due)

    def start(self) -> None:
        """Answer for as long as this process lives."""
        threading.Thread(target=self._work, name="nordfunk", daemon=True).start()

    def _work(self) -> None:
        with httpx.Client(timeout=10, trust_env=False) as http:
            while True:
                with suppress(sqlite3.Error, httpx.HTTPError):
                    self.answer_due(http)
                time.sleep(0.2)

    def _note(self, books: sqlite3.Connection, event: Mapping[str, Any]) -> int:
        """Write a message down, once; gives its number."""
        data = event["data"]
        known = books.execute("select n from message where id = ?", (event["id"],)).fetchone()
        if known is None:
            cursor = books.execute(
                'insert into message (id, "order", kind, data, plan) values (?, ?, ?, ?, ?)',
                (event["id"], data["order"], data["kind"], json.dumps(data), ""),
            )
            assert cursor.lastrowid is not None
            known = (cursor.lastrowid,)
            books.execute("update message set plan = ? where n = ?", (self.plan(known[0])[0], known[0]))
        books.execute("update message set came = came + 1 where n = ?", known)
        return int(known[0])

    def _answer(self, http: httpx.Client, n: int, order: str) -> bool:
        key = f"Bearer {self.agreement.api_key.reveal()}"
        answered = http.post(
            f"{self.agreement.intake}/v1/orders/{order}/result",
            json=self._result(n),
            headers={"Authorization": key, "Idempotency-Key": f"nordfunk-{n}"},
        )
        with self._open() as books:
            if answered.status_code in {200, 404, 409}:
                books.execute("update message set answered = 1 where n = ?", (n,))
                return answered.status_code == 200
            if answered.status_code in {400, 422}:
                # It promised what it does not have; a person there would cancel the order.
                log.warning("the demo's operator was told %s and cancels its order", answered.status_code)
                sorry = json.dumps({"state": "failed", "reason": _REASON})
                books.execute("update message set answer = ? where n = ?", (sorry, n))
            books.execute("update message set due = ? where n = ?", (time.time() + _AGAIN_SECONDS * self.pace, n))
        return False

    def _result(self, n: int) -> Any:
        """What is answered: made once, and the same from then on."""
        with self._open() as books:
            kind, data, plan, answer = books.execute(
                "select kind, data, plan, answer from message where n = ?", (n,)
            ).fetchone()
            if answer is None:
                told = json.loads(data)
                result: dict[str, Any] = {"state": "failed", "reason": _REASON}
                if plan != Plan.FAILED:
                    result = {"state": "done", "data": _carried_out(books, kind, told)}
                answer = json.dumps(result)
                books.execute("update message set answer = ? where n = ?", (answer, n))
        return json.loads(answer)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The books, for one transaction."""
        if not self.books.exists():
            self.books.touch(mode=0o600)
        books = sqlite3.connect(self.books, timeout=10, isolation_level="IMMEDIATE")
        try:
            books.executescript(_BOOKS)
            books.execute("begin immediate")
            yield books
            books.commit()
        finally:
            books.close()


def _carried_out(books: sqlite3.Connection, kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """What the operator did: numbers and SIM cards from its own ranges and stock."""
    if kind == "product":
        tariff, number = told.get("tariff") or {}, told.get("number") or {}
        line = tariff.get("line", "mobile")
        msisdn = number.get("msisdn") or _fresh_number(books, line)
        kinds = told.get("sims", ["physical"] if line == "mobile" else [])
        return {
            "customer_number": population.new_customer_number(_promise(books, "customer")),
            "lines": [{"msisdn": msisdn, "tariff": tariff.get("name", "")}],
            "sims": [{"iccid": _from_stock(books, kind), "msisdn": msisdn} for kind in kinds],
        }
    if kind == "replace_sim":
        return {"iccid": _from_stock(books, told.get("new_kind", "physical"))}
    return {}


def _fresh_number(books: sqlite3.Connection, line: str) -> str:
    n = _promise(books, line)
    return phone_numbers.new_landline(n) if line == "landline" else phone_numbers.new_mobile(n)


def _from_stock(books: sqlite3.Connection, kind: str) -> str:
    stock = [sim.iccid for sim in population.stock() if sim.is_esim == (kind == "esim")]
    return stock[_promise(books, f"sim {kind}") % len(stock)]


def _promise(books: sqlite3.Connection, what: str) -> int:
    """The next one of its kind, from 0."""
    row = books.execute(
        "insert into promised (what, count) values (?, 1)"
        " on conflict (what) do update set count = count + 1 returning count",
        (what,),
    ).fetchone()
    return int(row[0]) - 1
