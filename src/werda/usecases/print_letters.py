"""Print the letters that wait for a brand: contracts, codes, SIM carriers, as one PDF with an index (S6, S10, E3, E4).

A letter says what is true when it is printed. The files come first; when they are whole, all letters in them count as
printed in one transaction, each with an event, because somebody will read a secret (decision 4). A crash before that
leaves them waiting: the same command makes the same files again. Two runs of a brand and kind take turns.

A letter code counts from the moment it is printed, and is not kept readable any longer (E4).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.letter import LetterKind
from werda.core.notice import NoticeChannel, NoticeKind
from werda.core.one_time_code import LETTER_CODE_LIFETIME, address_qualifies
from werda.core.sim import SimRole
from werda.core.sim_secrets import SimSecrets
from werda.documents import print_run as paper
from werda.documents.code_letter import CodeLetter, TellsCustomerCode, TellsLetterCode
from werda.documents.cover import Cover, Recipient
from werda.documents.letterhead import Letterhead
from werda.documents.sim_carrier import Card, EsimProfile, SimCarrier
from werda.documents.wording import catalogue_of
from werda.keys.custody import Custody, Kind
from werda.store.queries.policies import policy_in_force
from werda.usecases.contract_of import Agreed, agreed, contract_of, readable
from werda.usecases.put_one_time_code import letter_codes_printed, sealed_letter_codes

Connection = psycopg.Connection[Any]
PRINTABLE: Final = (LetterKind.CONTRACT, LetterKind.CODE, LetterKind.SIM_CARRIER, LetterKind.LETTER_CODE)
AT_ONCE: Final = 500
"""Letters read from the database at a time: memory does not grow with the run."""

_ABOUT_CODES: Final = [kind.value for kind in (NoticeKind.CODE_ASSIGNED, NoticeKind.CODE_REPLACED)]
_SPOKEN: Final = {"primary": SimRole.PRIMARY, "secondary": SimRole.SECONDARY}


@dataclass(frozen=True, slots=True)
class Held:
    """A letter that stays in the queue, and why."""

    letter: int
    customer_number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Printed:
    """What a run printed; `held` letters still wait, and so do those in the run's rejects file."""

    run: paper.PrintRun | None
    held: Sequence[Held] = ()


@dataclass(slots=True)
class _Papers:
    """Turns waiting letters into papers, and remembers which became one and which could not."""

    connection: Connection
    custody: Custody
    brand: "_Brand"
    letterhead: Letterhead
    written: datetime
    made: list[int] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    def of(self, kind: LetterKind) -> Iterator[paper.Letter]:
        """The papers, in the order in which the letters were queued."""
        after = 0
        while rows := self._some(kind, after):
            after = rows[-1]["id"]
            sealed = self._sealed(kind, rows)
            orders: Mapping[int, Agreed] = {}
            if kind is LetterKind.CONTRACT:
                orders = agreed(self.connection, [row["customer_id"] for row in rows], self.brand.zone.key)
            for row in rows:
                customer, sim = row["customer_id"], row["sim_id"] or 0
                letter = self._letter(kind, row, sealed.get((customer, sim)), orders.get(customer))
                if isinstance(letter, Held):
                    self.held.append(letter)
                else:
                    self.made.append(row["id"])
                    yield letter

    def _some(self, kind: LetterKind, after: int) -> list[dict[str, Any]]:
        with self.connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
            return cursor.execute(
                "select l.id, l.customer_id, l.sim_id, l.created_at, c.address_since, c.customer_number,"
                " c.salutation, c.given_name, c.family_name,"
                " c.company, c.street, c.postcode, c.city, c.language, s.iccid, s.kind, s.role, s.eid, p.msisdn"
                " from letter l join customer c on c.id = l.customer_id left join sim_profile s on s.id = l.sim_id"
                " left join line p on p.id = s.line_id"
                " where l.brand_id = %s and l.kind = %s and l.printed_at is null and l.run_id is null and l.id > %s"
                " and c.ended_at is null"
                " order by l.id limit %s",
                (self.brand.id, kind.value, after, AT_ONCE),
            ).fetchall()

    def _sealed(self, kind: LetterKind, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[int, int], bytes]:
        if kind is LetterKind.LETTER_CODE:
            return sealed_letter_codes(self.connection, [row["customer_id"] for row in rows])
        sealed = Kind.SIM_PROFILE if kind is LetterKind.SIM_CARRIER else Kind.CUSTOMER_CODE
        found = self.connection.execute(
            "select s.customer_id, s.sim_id, s.ciphertext from sealed_secret s"
            " join unnest(%s::bigint[], %s::bigint[]) u(customer, sim)"
            " on s.customer_id = u.customer and s.sim_id = u.sim where s.kind = %s",
            ([row["customer_id"] for row in rows], [row["sim_id"] or 0 for row in rows], sealed),
        )
        return {(customer, sim): bytes(ciphertext) for customer, sim, ciphertext in found}

    def _letter(
        self, kind: LetterKind, row: Mapping[str, Any], sealed: bytes | None, order: Agreed | None
    ) -> paper.Letter | Held:
        def held(reason: str) -> Held:
            return Held(row["id"], row["customer_number"], reason)

        if not (row["street"] and row["postcode"] and row["city"]):
            return held("has no postal address; bring it in and print again")
        if sealed is None:
            return held("has nothing to tell: no secret is known")
        cover = self._cover(row)
        if kind is LetterKind.LETTER_CODE:
            if not address_qualifies(row["address_since"], row["created_at"]):
                return held("has another address since it was ordered; order the letter code again in 30 days")
            code = self.custody.open(Kind.LETTER_CODE, row["customer_id"], 0, sealed)
            last_day = (self.written + LETTER_CODE_LIFETIME).date()
            return paper.Letter(str(row["id"]), CodeLetter(cover, TellsLetterCode(code, last_day)))
        if kind is LetterKind.CONTRACT:
            code = self.custody.open(Kind.CUSTOMER_CODE, row["customer_id"], 0, sealed)
            papers = contract_of(cover, order, None if self.brand.masks_code else code) if order else None
            return paper.Letter(str(row["id"]), papers) if papers else held("has no order that was carried out")
        if kind is LetterKind.CODE:
            code = self.custody.open(Kind.CUSTOMER_CODE, row["customer_id"], 0, sealed)
            return paper.Letter(str(row["id"]), CodeLetter(cover, TellsCustomerCode(code)))
        secrets = SimSecrets.read(self.custody.open(Kind.SIM_PROFILE, row["customer_id"], row["sim_id"], sealed))
        profile = _profile(row, secrets)
        if profile is None:
            return held("lacks PIN, PUK, line or activation code; bring the SIM vendor's file in")
        return paper.Letter(str(row["id"]), SimCarrier(cover, (profile,)))

    def _cover(self, row: Mapping[str, Any]) -> Cover:
        name = f"{row['given_name']} {row['family_name']}".strip()
        lines = (row["company"], name, row["street"], f"{row['postcode']} {row['city']}")
        return Cover(
            letterhead=self.letterhead,
            catalogue=catalogue_of(row["language"], self.brand.form),
            recipient=Recipient(tuple(line for line in lines if line), row["given_name"], row["family_name"]),
            customer_number=row["customer_number"],
            written_on=self.written.date(),
        )


@dataclass(frozen=True, slots=True)
class _Brand:
    id: int
    form: str
    zone: ZoneInfo
    masks_code: bool


def waiting_letters(connection: Connection, brand_id: int) -> dict[LetterKind, int]:
    """How many letters of each kind wait to be printed."""
    rows = connection.execute(
        "select kind, count(*) from letter where brand_id = %s and printed_at is null and run_id is null group by 1",
        (brand_id,),
    ).fetchall()
    return {LetterKind(kind): count for kind, count in rows}


def print_letters(
    connection: Connection, custody: Custody, brand_id: int, kind: LetterKind, *, letterhead: Letterhead, pdf: Path,
    now: datetime, duplex: bool = False, progress: Callable[[int], None] = lambda _: None,
) -> Printed:  # fmt: skip
    """Print what waits of one `kind`, one of `PRINTABLE`. The connection must not be in a transaction.

    Raises what `werda.documents.print_run.print_run` raises, but for `EmptyRun`; then every letter still waits.
    """
    brand = _take_turn(connection, brand_id, kind, now)
    papers = _Papers(connection, custody, brand, letterhead, now.astimezone(brand.zone))
    title = f"{letterhead.name}: {kind.value} {papers.written:%Y-%m-%d}"
    try:
        run = paper.print_run(papers.of(kind), pdf, title=title, now=now, duplex=duplex, progress=progress)
    except paper.EmptyRun:
        return Printed(None, papers.held)
    rejected = set(paper.letters_of(run.rejects)) if run.rejected else set()
    _settle(
        connection, brand_id, kind, [letter for letter in papers.made if str(letter) not in rejected], pdf.name, now
    )
    return Printed(run, papers.held)


def _take_turn(connection: Connection, brand_id: int, kind: LetterKind, now: datetime) -> _Brand:
    """Hold the run's lock until the connection ends; gives what letters must know of the brand."""
    connection.execute("select pg_advisory_lock(hashtextextended('werda:letters:' || %s, %s))", (kind.value, brand_id))
    row = connection.execute("select form, timezone from brand where id = %s", (brand_id,)).fetchone()
    assert row is not None
    policy = policy_in_force(connection, brand_id, now)
    return _Brand(brand_id, row[0], ZoneInfo(row[1]), masks_code=policy is not None and policy.masks_code_in_contract)


def _settle(
    connection: Connection, brand_id: int, kind: LetterKind, letters: list[int], name: str, now: datetime
) -> None:
    """Count the letters as printed, and those customers as told whom a code letter tells."""
    with connection.transaction():
        connection.execute(
            "with run as (select coalesce(max(run_id), 0) + 1 as id from letter),"
            " done as (update letter l set printed_at = %(now)s, run_id = run.id from run"
            "  where l.id = any(%(letters)s) and l.printed_at is null returning l.customer_id, l.run_id)"
            " insert into event (at, kind, brand_id, customer_id, actor, detail)"
            " select %(now)s, %(event)s, %(brand)s, d.customer_id, 'operator',"
            "  jsonb_build_object('run', d.run_id) || %(detail)s from done d",
            {
                "now": now,
                "letters": letters,
                "event": EventKind.LETTER_PRINTED.value,
                "brand": brand_id,
                "detail": Jsonb({"letter": kind.value, "file": name}),
            },
        )
        if kind is LetterKind.CODE:
            connection.execute(
                "update notice n set told_at = %s, channel = %s from letter l where l.id = any(%s)"
                " and n.customer_id = l.customer_id and n.kind = any(%s) and n.told_at is null",
                (now, NoticeChannel.LETTER.value, letters, _ABOUT_CODES),
            )
        if kind is LetterKind.LETTER_CODE:
            letter_codes_printed(connection, letters, now)


def _profile(row: Mapping[str, Any], secrets: SimSecrets) -> Card | EsimProfile | None:
    """What the carrier carries; None while something it must tell is not known."""
    if secrets.pin is None or secrets.puk is None or row["msisdn"] is None:
        return None
    role = _SPOKEN[row["role"]]
    if row["kind"] == "physical":
        return Card(readable(row["msisdn"]), row["iccid"], secrets.pin, secrets.puk, role)
    if secrets.activation_code is None:
        return None
    return EsimProfile(
        readable(row["msisdn"]),
        row["iccid"],
        secrets.pin,
        secrets.puk,
        secrets.activation_code,
        row["eid"] or None,
        role,
    )
