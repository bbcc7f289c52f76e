"""Every parser of texts and bytes that come from elsewhere: what feeds it, and what it may answer.

A parser gives a value or one of its documented errors, in bounded time, and neither quotes what it was given (B9).
`ELSEWHERE` names those whose fuzz stands in another file, because they need a process or a database. A module that
defines something named like a parser and is in neither list fails test_fuzz.py.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import tink
from hypothesis import strategies as st
from tink import prf

from werda.api.edge import idempotency_key
from werda.api.problems import Problem
from werda.core import (
    brand_tokens,
    checkpoint,
    legacy_identity,
    native_app,
    number,
    option_document,
    policy_document,
    sim,
    sim_secrets,
    tariff_document,
)
from werda.core.audit import EventKind, EventRow
from werda.core.customer_code import CodeFormat, CustomerCode
from werda.core.incident_query import parse_where
from werda.core.logo import read_logo
from werda.core.resumption import resumed_by
from werda.core.secret import Secret
from werda.core.succession import announced_by
from werda.core.tariff import LineKind, Payment
from werda.core.toml_document import Document
from werda.documents.letterhead import read_letterhead
from werda.gate.agi import ProtocolError, Request
from werda.keys import ring
from werda.keys.ring import BadKeyRing, RingName
from werda.keys.verifier import Verifier
from werda.portal.relying_party import NotRight, credential_id_of
from werda.push.subscription import HOSTS, Subscription
from werda.server.settings import BadSetting, Settings
from werda.store.roles import BadDatabaseUrl, Database
from werda.usecases import connect_webhook, read_order
from werda.usecases.importing import cells
from werda.usecases.importing.booking_file import read_bookings
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.table_file import Rows

MARK = "90817263544536271809"
"""Stands for a secret in what is fed; no error may hold it."""


@dataclass(frozen=True)
class Parser:
    """`parse` takes what `feed` makes. `errors` are its documented exceptions."""

    name: str
    parse: Callable[[Any], Any]
    feed: st.SearchStrategy[Any]
    errors: tuple[type[Exception], ...] = ()


_words = st.text(max_size=60) | st.from_regex(r"[0-9+ /.-]{0,40}", fullmatch=True) | st.just(MARK)
_secrets = _words.map(Secret)
_base64 = st.binary(min_size=32, max_size=68).map(lambda b: base64.b64encode(b).decode()) | _words
_filters = st.lists(
    _words
    | st.builds("{}={}".format, st.sampled_from(["from", "to", "trunk", "number", "agent", "method", MARK]), _words),
    max_size=4,
)


def _where(texts: list[str]) -> None:
    """What is wrong is told in a sentence, which quotes nothing either."""
    found = parse_where(texts, ZoneInfo("Europe/Berlin"), datetime(2026, 11, 26, tzinfo=UTC))
    assert not isinstance(found, str) or MARK not in found


_notes = _words | st.builds(
    "werda/audit\n{}\n{}\n{}\n{}\n\n— werda/audit {}\n".format,
    *(st.integers().map(str), _base64, st.datetimes().map(str) | _words, _base64, _base64),
)
_said = st.dictionaries(
    st.sampled_from(["public", "signature", "kept", "kept_at", "known", "known_at", "at", MARK]),
    _base64 | st.integers() | st.floats() | st.none() | st.datetimes(timezones=st.just(UTC)).map(str),
).map(json.dumps)
_details = _said | _words | st.integers(1, 3000).map(lambda n: "[" * n)
_key = st.sampled_from(
    ["brand", "valid_from", "methods", "method", "level", "currency", "tariff", "company", "legal", MARK]
)
_scalar = st.one_of(
    st.integers().map(str),
    st.booleans().map(lambda b: str(b).lower()),
    st.text(max_size=20).map(lambda t: '"' + t.replace("\\", "").replace('"', "").replace("\n", "") + '"'),
    st.sampled_from(
        ["1e400", "nan", "-inf", "2026-11-26", "2026-02-30", "25:00:00", "[[[[1]]]]", "{a={b={c=1}}}", f'"{MARK}"']
    ),
)
_line = st.builds("{} = {}".format, _key, _scalar) | _key.map("[{}]".format) | _key.map("[[{}]]".format) | _words
_toml = st.lists(_line, max_size=12).map("\n".join) | _words | st.integers(1, 3000).map(lambda n: "a = " + "[" * n)
_typed = st.dictionaries(
    st.sampled_from(
        [
            *(
                "kind",
                "given_name",
                "family_name",
                "company",
                "birth_date",
                "street",
                "postcode",
                "city",
                "email",
                "iban",
            ),
            *("wish", "msisdn", "provider", "sims"),
        ]
    ),
    _words | st.sampled_from(["person", "company", "port", "new", "DE02120300000000202051", "17.05.1980"]),
)
_lines = st.lists(st.binary(max_size=60) | _words.map(lambda w: f"agi_network_script: {w}".encode()), max_size=20)
_environment = st.dictionaries(
    st.sampled_from(["WERDA_PAGES_PORT", "WERDA_OUTBOX_TRIES", "WERDA_OUTBOX_DELAY", "WERDA_LOG_LEVEL", "WERDA_HTTPS"]),
    _words | st.sampled_from(["nan", "inf", "1e3", "-1", "٣"]),
)
_TODAY = date(2026, 11, 26)


def _letterhead(text: str) -> Any:
    return read_letterhead(text)


def _ring(text: str) -> Any:
    return ring.load(Path("nowhere"), RingName.CUSTODY, {"WERDA_CUSTODY_KEYRING": text})


def _event(kind: EventKind, detail: str) -> EventRow:
    return EventRow(1, datetime(2026, 11, 26, tzinfo=UTC), 1, kind, None, None, None, "operator", detail, UUID(int=1))


_verifier = Verifier(tink.new_keyset_handle(prf.prf_key_templates.HMAC_SHA256))

_addresses = st.builds("{}{}".format, st.sampled_from(["https://fcm.googleapis.com", "http://", ""]), _words)


def _bookings(rows: list[tuple[str, ...]]) -> None:
    """What is wrong with a row is told in a sentence, which quotes nothing of it."""
    outcome = Outcome()
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 7
    read_bookings(Rows(range(2, len(rows) + 2), columns), ZoneInfo("Europe/Berlin"), outcome)
    assert not any(MARK in remark.reason for remark in outcome.rejects)


PARSERS = [
    Parser(
        "push.subscription",
        lambda told: Subscription.read(told[0], told[1], told[2], HOSTS),
        st.tuples(_addresses, _base64, _base64),
    ),
    Parser("usecases.importing.booking_file", _bookings, st.lists(st.tuples(*[_words] * 7), max_size=5)),
    Parser("core.policy_document", policy_document.parse, _toml),
    Parser("core.tariff_document", tariff_document.parse, _toml),
    Parser("core.option_document", option_document.parse, _toml),
    Parser("core.native_app", native_app.read_clients, _toml, (native_app.BadClients,)),
    Parser("core.native_app scopes", native_app.read_scopes, _words),
    Parser("core.toml_document", Document.parse, _toml),
    Parser("documents.letterhead", _letterhead, _toml),
    Parser("core.checkpoint", checkpoint.read_notes, _notes),
    Parser("core.succession", lambda d: announced_by(_event(EventKind.KEY_ADDED, d), 1), _details),
    Parser("core.resumption", lambda d: resumed_by(_event(EventKind.RECORD_RESUMED, d), 1), _details),
    Parser("core.incident_query", _where, _filters),
    Parser("core.brand_tokens", brand_tokens.parse, _toml),
    Parser("core.logo", read_logo, _words.map(str.encode) | st.binary(max_size=400)),
    Parser("core.customer_code", lambda s: CustomerCode.parse(s, CodeFormat()), _secrets),
    Parser("core.number", number.normalise, _words),
    Parser("core.number keyed", number.keyed, _words),
    Parser("core.legacy_identity", lambda t: legacy_identity.normalise(t, _TODAY, t), _words),
    Parser("core.sim_secrets", sim_secrets.SimSecrets.read, _secrets, (TypeError,)),
    *(
        Parser(f"core.sim {kind.__name__}", kind.parse, _words if kind in (sim.Iccid, sim.Imsi, sim.Eid) else _secrets)
        for kind in (sim.Iccid, sim.Imsi, sim.Eid, sim.ActivationCode, sim.Puk, sim.DeliveryPin)
    ),
    Parser("core.sim check digit", sim.check_digit_fails, st.from_regex(r"[0-9]{1,30}", fullmatch=True)),
    Parser("usecases.importing.cells birth_date", cells.birth_date, _words, (cells.BadCell,)),
    Parser("usecases.importing.cells moment", cells.moment_in(ZoneInfo("Europe/Berlin")), _words, (cells.BadCell,)),
    Parser("usecases.importing.cells msisdn", cells.msisdn, _words, (cells.BadCell,)),
    Parser("usecases.importing.cells email", cells.email, _words, (cells.BadCell,)),
    Parser("usecases.importing.cells language", cells.language, _words, (cells.BadCell,)),
    Parser("usecases.read_order party", lambda t: read_order.read_party(t, Payment.POSTPAID, _TODAY), _typed),
    Parser("usecases.read_order number", lambda t: read_order.read_number(t, LineKind.MOBILE), _typed),
    Parser("usecases.read_order sims", lambda t: read_order.read_sims(t, LineKind.MOBILE), _typed),
    Parser("gate.agi", Request.parse, _lines, (ProtocolError,)),
    Parser(
        "keys.ring", _ring, _words | st.just('{"primaryKeyId": 1}') | st.binary(max_size=40).map(repr), (BadKeyRing,)
    ),
    Parser(
        "portal.relying_party",
        credential_id_of,
        _words | _words.map(lambda w: {"id": w, "rawId": w, "response": {"signature": w}, "type": "public-key"}),
        (NotRight,),
    ),
    Parser("keys.verifier token", _verifier.read_token, _secrets),
    Parser("usecases.connect_webhook secret", connect_webhook.read_secret, _words | _words.map("whsec_{}".format)),
    Parser("usecases.connect_webhook url", connect_webhook.read_url, _words | _words.map("https://{}".format)),
    Parser("server.settings", Settings.from_environment, _environment, (BadSetting,)),
    Parser(
        "store.roles",
        lambda text: Database.at(Secret(text), {}),
        _words | _words.map(lambda w: f"postgresql://u:{w}@h/d") | st.just("postgresql://[::1"),
        (BadDatabaseUrl,),
    ),
    Parser("api.edge idempotency key", lambda text: idempotency_key({"idempotency-key": text}), _words, (Problem,)),
]

ELSEWHERE = {
    "gate.api": "tests/gate/test_api_fuzz.py",
    "gate.messages": "tests/gate/test_api_fuzz.py",
    "gate.fastagi": "tests/gate/test_fastagi_hostile.py",
    "api.api_keys": "tests/gate/test_api_fuzz.py",
    "intake.api": "tests/intake/test_intake_fuzz.py",
    "intake.messages": "tests/intake/test_intake_fuzz.py",
    "intake.product_order_messages": "tests/intake/test_intake_fuzz.py",
    "usecases.importing.table_file": "tests/usecases/test_import_table_file.py",
    "usecases.importing.customer_file": "tests/intake/test_same_as_import.py",
    "usecases.importing.sim_file": "tests/usecases/test_import_table_file.py",
    "core.dialogue": "tests/core/test_dialogue.py",
}

NO_PARSERS = {
    "keys.custody": "opens what was sealed: AEAD refuses everything else, tests/keys/test_rings.py",
    "keys.second_factor": "the same",
    "usecases.check_code": "reads by core.customer_code",
    "usecases.upsert": "reads by usecases.importing",
    "usecases.print_letters": "reads rows of the database",
    "usecases.contract_of": "reads rows of the database",
    "gate.rulebook": "reads rows of the database, and policies by core.policy_document",
    "documents.wording": "reads files that are shipped",
    "demo.names": "the demo's own",
}
