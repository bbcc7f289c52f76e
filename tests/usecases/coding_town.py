"""A brand whose customers choose and get codes, and the truth about who holds which: the sealed codes themselves."""

from collections import Counter
from datetime import timedelta
from typing import Any

import psycopg

from tests.database import TestDatabase
from tests.people import AFTER_THE_DATE, Person, Town
from werda.core.method import Method
from werda.core.secret import Secret
from werda.keys.custody import Kind
from werda.keys.verifier import Verifier
from werda.store.code_holders import tally
from werda.store.roles import Role
from werda.usecases.choose_code import Chosen, NotChosen, choose_code

NOW = AFTER_THE_DATE
LATER = NOW + timedelta(hours=1)


class CodingTown(Town):
    """People are made as in every town; here they choose."""

    def __init__(self, database: TestDatabase) -> None:
        super().__init__(database)
        self.verifier, self.custody_ring = database.verifier, database.custody

    def custody(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the role that may."""
        return self.database.database.connect(Role.CUSTODY, autocommit=True)

    def choose(self, person: Person, digits: str, *, verifier: Verifier | None = None) -> Chosen | NotChosen:
        """Somebody types a code."""
        with self.custody() as connection:
            return choose_code(
                connection,
                verifier or self.verifier,
                self.custody_ring,
                person.id,
                Secret(digits),
                actor="customer",
                now=NOW,
            )

    def many(self, number: int, **columns: object) -> None:
        """So many more customers without code, line and SIM, the quick way."""
        usual = {"kind": "person", "payment": "postpaid", "email": "somebody@example.org", "birth_date": "1980-05-17"}
        address = {"street": "Deichweg 1", "postcode": "25813", "city": "Husum"}
        with self.custody() as connection:
            connection.execute(
                "insert into customer (brand_id, customer_number, kind, payment, salutation, given_name, family_name,"
                " company, birth_date, street, postcode, city, email, language, as_of)"
                " select %(brand)s, 'M' || coalesce(max(id), 0) + i, %(kind)s, %(payment)s, '', 'Maren', 'Muster', '',"
                " %(birth_date)s, %(street)s, %(postcode)s, %(city)s, %(email)s, 'de', %(now)s"
                " from customer right join generate_series(1, %(number)s) i on true group by i order by i",
                {**usual, **address, **columns, "brand": self.brand, "number": number, "now": NOW},
            )

    def imported(self, person: Person, digits: str) -> None:
        """A file of the operator says that this is somebody's code: it counts, room or not."""
        verifier = self.verifier
        place = (person.id, Kind.CUSTOMER_CODE)
        with self.custody() as connection, connection.transaction():
            connection.execute("select from customer where id = %s for update", (person.id,))
            before = self.codes().get(person.id)
            connection.execute("delete from sealed_secret where customer_id = %s and kind = %s", place)
            connection.execute("delete from credential where customer_id = %s and method = %s", place)
            self._seal(connection, Kind.CUSTOMER_CODE, Method.CUSTOMER_CODE, person.id, 0, digits)
            differences: Counter[bytes] = Counter([verifier.popularity(self.brand, Secret(digits))])
            if before is not None:
                differences[verifier.popularity(self.brand, Secret(before))] -= 1
            tally(connection, self.brand, verifier.primary_id, differences)

    def codes(self) -> dict[int, str]:
        """Everybody's code, opened."""
        custody = self.custody_ring
        rows = self.database.rows(
            "select customer_id, ciphertext from sealed_secret where kind = %s and sim_id = 0", Kind.CUSTOMER_CODE
        )
        return {who: custody.open(Kind.CUSTOMER_CODE, who, 0, sealed).reveal() for who, sealed in rows}

    def check_counts(self, verifier: Verifier | None = None) -> None:
        """Counted is what is held, to the last holder, and each code counts at the hotline (B3, B5)."""
        verifier = verifier or self.verifier
        codes = self.codes()
        keyed = {
            who: (key_id, bytes(mac))
            for who, key_id, mac in self.database.rows(
                "select customer_id, key_id, mac from credential where method = %s and customer_id > 0",
                Method.CUSTOMER_CODE,
            )
        }
        assert keyed.keys() == codes.keys()
        held: Counter[bytes] = Counter()
        for who, code in codes.items():
            key_id, mac = keyed[who]
            at = 16 * verifier.key_ids.index(key_id)
            assert verifier.candidates(Method.CUSTOMER_CODE, who, Secret(code))[at : at + 16] == mac
            held[verifier.popularity(self.brand, Secret(code), key_id)] += 1
        counted = {bytes(mac): n for mac, n in self.database.rows("select mac, holders from code_holders")}
        assert {mac: n for mac, n in counted.items() if n} == held

    def notices(self, person: Person) -> list[str]:
        """What somebody is still to be told."""
        rows = self.database.rows(
            "select kind from notice where customer_id = %s and told_at is null order by id", person.id
        )
        return [kind for (kind,) in rows]

    def letters(self, person: Person) -> list[str]:
        """What waits to be printed for somebody."""
        rows = self.database.rows(
            "select kind from letter where customer_id = %s and printed_at is null order by id", person.id
        )
        return [kind for (kind,) in rows]
