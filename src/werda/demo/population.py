"""Who Nordfunk's thousand customers are: a few characters to try things with, then people a seed makes up.

Every kind of customer that the requirements speak of is among them: several SIMs in a line, several lines, eSIM,
prepaid, landline only (E3), companies with a shared switchboard number, and a few without a code. Addresses are
invented, postcodes begin with 00, which no German one does, mail goes to example.org.
"""

import random
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Final

from werda.demo import phone_numbers
from werda.demo.people import Address, Customer, Line, Sim

CUSTOMERS: Final = 1_000
SEED: Final = 1_602_2023  # the day on which the rule changed

STOCK: Final = 100
"""So many SIM cards, and as many eSIM profiles, lie in stock."""
_FIRST_IN_STOCK: Final = 900_001

_NAMES: Final = tomllib.loads(files("werda.demo").joinpath("names.toml").read_text("utf-8"))
_LONG_AGO: Final = datetime(2021, 3, 1, 9, 0, tzinfo=UTC)


def population() -> list[Customer]:
    """All customers, the characters first."""
    return list(_Registry().everybody())


def stock() -> list[Sim]:
    """SIM cards and eSIM profiles that nobody has yet."""
    cards = range(_FIRST_IN_STOCK, _FIRST_IN_STOCK + STOCK)
    profiles = range(_FIRST_IN_STOCK + STOCK, _FIRST_IN_STOCK + 2 * STOCK)
    return [Sim(_iccid(n), f"00101{n:010}", status="stock", to_download=n in profiles) for n in (*cards, *profiles)]


def new_customer_number(n: int) -> str:
    """The number of the n-th customer, from 0, who came after the first thousand."""
    return f"{300_500_000 + 7 * n}"


class _Registry:
    """Hands out numbers, each once."""

    def __init__(self) -> None:
        self._chance = random.Random(SEED)  # noqa: S311 - facts of a fictional population, no secrets
        self._mobiles = phone_numbers.mobiles()
        self._landlines = iter(phone_numbers.media_landlines())
        self._customers = 0
        self._sims = 0

    def everybody(self) -> Iterator[Customer]:
        yield from self._characters()
        while self._customers < CUSTOMERS:
            yield self._somebody()

    # The cast: each of them is one thing to try.

    def _characters(self) -> Iterator[Customer]:
        yield self._somebody_known(  # two SIMs in the first line, and an eSIM in the watch's line
            *("Frau", "Maren", "Muster", date(1984, 5, 17), Address("Deichgrafenweg 1", "00117", "Nordhafen")),
            Line(next(self._mobiles), "Welle L", sims=(self._card(), self._card(role="secondary"))),
            Line(next(self._mobiles), "Welle Watch", sims=(self._esim(),)),
        )
        yield self._somebody_known(  # landline only: a code and no PUK (E3)
            *("Frau", "Käthe", "Kühn", date(1941, 12, 3), Address("Leuchtturmgasse 7", "00341", "Leuchtfelde")),
            Line(next(self._landlines), "Festnetz Klassik", "landline"),
        )
        yield self._somebody_known(  # prepaid: no address, no contract papers (E3)
            *("Herr", "Paul", "Prepaid", date(2001, 8, 29), Address()),
            Line(next(self._mobiles), "Prepaid Brise", sims=(self._card(),)),
            payment="prepaid",
        )
        yield Customer(  # a company: its switchboard identifies nobody, its mobiles do
            self._number(),
            company="Deichbau GmbH",
            address=Address("Hafenkranallee 20", "00238", "Deichsum"),
            email="deichbau@example.org",
            lines=(
                Line(next(self._landlines), "Anlagenanschluss", "landline", shared=True),
                *(Line(next(self._mobiles), "Sturm Business", sims=(self._card(),)) for _ in range(3)),
            ),
        )
        yield self._somebody_known(  # never got a code: the PUK is the only way
            *("Herr", "Onno", "Ohnekode", date(1976, 2, 11), Address("Möwenstieg 3", "00125", "Wattenbüll")),
            Line(next(self._mobiles), "Welle S", sims=(self._card(),)),
            has_code=False,
        )
        yield self._somebody_known(  # a replaced SIM, whose PUK counts no longer, and the eSIM that followed it (B7)
            *("Frau", "Elif", "Esim", date(1992, 10, 30), Address("Bojenstieg 12", "00466", "Prielstedt")),
            Line(next(self._mobiles), "Welle M", sims=(self._card(status="replaced"), self._esim())),
        )

    def _somebody_known(
        self,
        salutation: str,
        given: str,
        family: str,
        born: date,
        address: Address,
        *lines: Line,
        payment: str = "postpaid",
        has_code: bool = True,
    ) -> Customer:
        number = self._number()
        person = Customer(number, given, family, "", salutation, payment, born, address, "", lines, has_code)
        return replace(person, email=_mail(given, family, number))

    # Everybody else

    def _somebody(self) -> Customer:
        kinds = (self._subscriber, self._prepaid, self._landline_only, self._company)
        make = self._chance.choices(kinds, weights=(66, 14, 12, 8))[0]
        return make()

    def _any(self, names: str) -> str:
        return str(self._chance.choice(_NAMES[names]))

    def _subscriber(self) -> Customer:
        count = self._chance.choices((1, 2, 3), (70, 22, 8))[0]
        lines = tuple(self._mobile(self._any("tariffs")) for _ in range(count))
        if self._chance.random() < 0.15:
            lines = (*lines, Line(next(self._landlines), "Festnetz DSL", "landline"))
        return self._person("postpaid", lines, has_code=self._chance.random() > 0.03)

    def _prepaid(self) -> Customer:
        return self._person("prepaid", (self._mobile("Prepaid Brise"),))

    def _landline_only(self) -> Customer:
        return self._person("postpaid", (Line(next(self._landlines), "Festnetz Klassik", "landline"),))

    def _company(self) -> Customer:
        owner, trade, number = self._any("family"), self._any("trades"), self._number()
        switchboard = Line(next(self._landlines), "Anlagenanschluss", "landline", shared=True)
        mobiles = tuple(self._mobile("Sturm Business") for _ in range(self._chance.randint(1, 6)))
        return Customer(
            number,
            company=f"{owner} {trade} GmbH",
            address=self._address(),
            email=_mail(trade, owner, number),
            lines=(switchboard, *mobiles),
        )

    def _person(self, payment: str, lines: tuple[Line, ...], *, has_code: bool = True) -> Customer:
        salutation = self._chance.choice(list(_NAMES["given"]))
        given, family = self._chance.choice(_NAMES["given"][salutation]), self._any("family")
        born = date(1938, 1, 1) + timedelta(days=self._chance.randrange(70 * 365))
        number = self._number()
        mail = _mail(given, family, number) if self._chance.random() < 0.85 else ""
        return Customer(
            *(number, given, family, "", salutation, payment, born),
            address=self._address(),
            email=mail,
            lines=lines,
            has_code=has_code,
        )

    def _address(self) -> Address:
        postcode, city = self._chance.choice(_NAMES["towns"])
        return Address(f"{self._any('streets')} {self._chance.randint(1, 99)}", postcode, city)

    def _mobile(self, tariff: str) -> Line:
        main = self._esim() if self._chance.random() < 0.3 else self._card()
        more = self._chance.random()
        if more < 0.12:
            return Line(next(self._mobiles), tariff, sims=(main, self._card(role="secondary")))
        if more < 0.2:
            return Line(next(self._mobiles), tariff, sims=(main, self._esim(role="secondary")))
        if more < 0.24:
            return Line(next(self._mobiles), tariff, sims=(self._card(status="replaced"), main))
        return Line(next(self._mobiles), tariff, sims=(main,))

    def _card(self, role: str = "primary", status: str = "active", eid: str = "") -> Sim:
        self._sims += 1
        activated = _LONG_AGO + timedelta(minutes=self._chance.randrange(700_000))
        return Sim(_iccid(self._sims), f"00101{self._sims:010}", eid, role, status, activated)

    def _esim(self, role: str = "primary") -> Sim:
        return self._card(role, eid=_eid(self._chance.randrange(10**14)))

    def _number(self) -> str:
        self._customers += 1
        return f"{300_100_000 + 7 * self._customers}"


def _iccid(n: int) -> str:
    """89, Germany, an issuer nobody has; the last digit makes the Luhn sum a multiple of ten."""
    body = f"894999{n:012}"
    total = sum(sum(divmod(2 * int(d), 10)) for d in body[::-2]) + sum(map(int, body[-2::-2]))
    return f"{body}{-total % 10}"


def _eid(n: int) -> str:
    """30 digits and two that make the whole leave 1 when divided by 97."""
    body = f"8904999900000000{n:014}"
    return f"{body}{98 - int(body + '00') % 97:02}"


def _mail(given: str, family: str, number: str) -> str:
    """An address at example.org that no two customers share."""
    local = f"{given}.{family}.{number[-4:]}".lower()
    for letter, plain in {"ß": "ss", "ø": "oe", "ı": "i", "ä": "ae", "ö": "oe", "ü": "ue"}.items():
        local = local.replace(letter, plain)
    return unicodedata.normalize("NFKD", local).encode("ascii", "ignore").decode() + "@example.org"
