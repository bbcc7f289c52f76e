"""The contract papers: page 1, item 1 is the customer number and the customer code (S6); tariff, prices, term, terms
and withdrawal follow.

A brand's policy may mask the code, and the copy that goes by e-mail never has it: then it does not reach the file.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from functools import reduce
from operator import add

from werda.core.secret import Secret
from werda.documents.cover import Cover, cover_content
from werda.documents.money import Money
from werda.documents.typesetting import Content, typeset
from werda.documents.wording import Wording


class Copy(Enum):
    """Which copy of the papers: `ORIGINAL` for the portal, the shop or the post; `MAILED` by e-mail, always masked."""

    ORIGINAL = auto()
    MAILED = auto()


class Per(Enum):
    """What a price is for."""

    ONCE = "once"
    MONTH = "month"
    YEAR = "year"
    MINUTE = "minute"
    MESSAGE = "message"
    GIGABYTE = "gigabyte"


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A line of the contract; `number` is the phone number as people read it."""

    number: str
    tariff: str
    starts_on: date


@dataclass(frozen=True, slots=True)
class Price:
    """What something costs; a discount is negative."""

    what: str
    money: Money
    per: Per


@dataclass(frozen=True, slots=True)
class Clause:
    """One of the operator's terms."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """How long the contract binds: `minimum_months` 0 for not at all; `notice_days` None for a month's notice."""

    minimum_months: int = 0
    notice_days: int | None = None


@dataclass(frozen=True, slots=True)
class ContractPapers:
    """Everything the papers say. `customer_code` is None where the brand's policy masks it (S6).

    `included` is what the tariff contains, a line each. `clauses` are the operator's own terms. `consumer` gives the
    right of withdrawal and its form. Raises `ValueError` without a line or a price.
    """

    cover: Cover
    customer_code: Secret | None
    lines: tuple[ContractLine, ...]
    prices: tuple[Price, ...]
    included: tuple[str, ...] = ()
    term: Term = Term()
    clauses: tuple[Clause, ...] = ()
    consumer: bool = True

    def __post_init__(self) -> None:
        if not self.lines or not self.prices:
            raise ValueError("a contract has at least one line and one price")


def contract_papers(papers: ContractPapers, copy: Copy = Copy.ORIGINAL) -> bytes:
    """The papers as PDF. Raises `Unprintable`, `PaperFailed`."""
    return typeset(content(papers, copy), made_at=papers.cover.made_at)


def content(papers: ContractPapers, copy: Copy = Copy.ORIGINAL) -> Content:
    """What the template is given. A masked code is not among it."""
    words, head = papers.cover.wording, papers.cover.letterhead
    code = None if copy is Copy.MAILED else papers.customer_code
    return {
        "template": "contract",
        **cover_content(papers.cover, words.say("contract.title")),
        "intro": words.say("contract.intro", brand=head.name),
        "about_you": {
            "title": words.say("contract.about_you"),
            "number": [words.say("contract.customer_number"), papers.cover.customer_number],
            "label": words.say("contract.customer_code"),
            "code": code,
            "note": words.say("contract.code_masked" if code is None else "contract.code_why", **head.places),
        },
        "tariff": _tariff(words, papers),
        "prices": _prices(words, papers.prices),
        "term": {"title": words.say("contract.term"), "paragraphs": [_term(words, papers.term)]},
        "terms": _terms(words, papers.clauses),
        "withdrawal": _withdrawal(papers.cover) if papers.consumer else None,
    }


def _tariff(words: Wording, papers: ContractPapers) -> Content:
    return {
        "title": words.say("contract.tariff"),
        "head": [words.say(f"contract.{column}") for column in ("line", "line_tariff", "starts_on")],
        "rows": [[line.number, line.tariff, words.date(line.starts_on)] for line in papers.lines],
        "included": [words.say("contract.included"), papers.included] if papers.included else None,
    }


def _prices(words: Wording, prices: tuple[Price, ...]) -> Content:
    """Monthly prices first, with their sum where there is one; then the others as they came."""

    def row(what: str, money: Money, per: Per, *, total: bool = False) -> Content:
        return {"cells": [what, words.money(money), words.say(f"contract.per.{per.value}")], "total": total}

    monthly = [price for price in prices if price.per is Per.MONTH]
    rows = [row(price.what, price.money, price.per) for price in monthly]
    if len(monthly) > 1 and len({price.money.currency for price in monthly}) == 1:
        total = reduce(add, [price.money for price in monthly])
        rows.append(row(words.say("contract.monthly_total"), total, Per.MONTH, total=True))
    rows += [row(price.what, price.money, price.per) for price in prices if price.per is not Per.MONTH]
    return {
        "title": words.say("contract.prices"),
        "head": [words.say("contract.price_of"), words.say("contract.price"), words.say("contract.price_per")],
        "rows": rows,
        "note": words.say("contract.vat"),
    }


def _term(words: Wording, term: Term) -> str:
    notice = (
        words.say("contract.one_month")
        if term.notice_days is None
        else words.say("contract.some_days", days=str(term.notice_days))
    )
    if not term.minimum_months:
        return f"{words.say('contract.no_term')} {words.say('contract.notice', notice=notice)}"
    if term.minimum_months == 1:
        bound = words.say("contract.minimum_term_of_one")
    else:
        bound = words.say("contract.minimum_term", months=str(term.minimum_months))
    return f"{bound} {words.say('contract.notice_after_term', notice=notice)}"


def _terms(words: Wording, clauses: tuple[Clause, ...]) -> Content | None:
    if not clauses:
        return None
    return {
        "title": words.say("contract.terms"),
        "clauses": [{"title": clause.title, "paragraphs": clause.paragraphs} for clause in clauses],
    }


def _withdrawal(cover: Cover) -> Content:
    words, places = cover.wording, cover.letterhead.places
    return {
        "title": words.say("withdrawal.title"),
        "clauses": [
            {
                "title": words.say(f"withdrawal.{part}_title"),
                "paragraphs": words.paragraphs(f"withdrawal.{part}", **places),
            }
            for part in ("right", "effects")
        ],
        "form": {
            "title": words.say("withdrawal.form_title"),
            "note": words.say("withdrawal.form_note"),
            "to": words.say("withdrawal.form_to", **places),
            "declaration": words.say("withdrawal.form_declaration"),
            "blanks": words.paragraphs("withdrawal.form_blanks"),
            "strike": words.say("withdrawal.form_strike"),
        },
    }
