"""A file of SIM profiles as its columns are read: a vendor's output file, or the operator's list of who has which.

Ki, OPc, ADM and ACC are dropped unread. What is a secret leaves here as `Secret`, those of a profile together.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any, Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.core.sim import ActivationCode, DeliveryPin, Eid, Iccid, Imsi, Puk, check_digit_fails
from werda.core.sim_secrets import SimSecrets
from werda.usecases.importing import cells
from werda.usecases.importing.cells import Plain, Reader, Reading, Text
from werda.usecases.importing.outcome import Outcome
from werda.usecases.importing.table_file import Columns, Rows

COLUMNS: Final = Columns(
    wanted=(
        *("iccid", "imsi", "eid", "kind", "role", "status", "activated_at", "msisdn", "customer_number"),
        *("pin1", "puk1", "pin2", "puk2", "activation_code"),
    ),
    required=("iccid",),
    dropped=re.compile(r"e?ki|opc?|acc|e?adm[0-9]*|k4|transportkey"),
)


def _secret(parse: Callable[[Secret], Any]) -> Reader:
    def plain_text(cell: str) -> Malformed | str:
        parsed = parse(Secret(cell))
        if isinstance(parsed, Malformed):
            return parsed
        return (parsed.text() if isinstance(parsed, ActivationCode) else parsed.secret).reveal()

    return cells.parsed_by(plain_text)


SECRETS: Final[Mapping[str, tuple[Reader, Plain | None]]] = {
    "pin1": (_secret(DeliveryPin.parse), cells.plain(r"(?:[0-9]{4,8}+)?")),
    "puk1": (_secret(Puk.parse), cells.plain(r"(?:[0-9]{8})?")),
    "pin2": (_secret(DeliveryPin.parse), cells.plain(r"(?:[0-9]{4,8}+)?")),
    "puk2": (_secret(Puk.parse), cells.plain(r"(?:[0-9]{8})?")),
    "activation_code": (_secret(ActivationCode.parse), None),
}
"""The columns that hold secrets, in the order of the fields of `SimSecrets`: who reads them, and their one form."""

_KINDS: Final = {"physical": "physical", "sim": "physical", "card": "physical", "esim": "esim"}
_ROLES: Final = {word: word for word in ("primary", "secondary")}
_STATES: Final = {word: word for word in ("stock", "shipped", "active", "blocked", "replaced", "ended")}
_NOTHING: Final = SimSecrets().text().reveal()


class SimRows(NamedTuple):
    """Rows that can be used, column by column. `secrets` are texts of `SimSecrets`, the PUK among them;
    what a row leaves open is None."""

    line: Sequence[int]
    iccid: Sequence[Text]
    kind: Sequence[Text]
    role: Sequence[Text]
    status: Sequence[Text]
    imsi: Sequence[Text]
    eid: Sequence[Text]
    activated_at: Sequence[Text]
    msisdn: Sequence[Text]
    customer_number: Sequence[Text]
    puk: Sequence[Secret | None]
    secrets: Sequence[Secret | None]

    def kept(self, keep: Sequence[bool]) -> Self:
        """The rows that are to be kept."""
        return self if all(keep) else type(self)(*(list(compress(column, keep)) for column in self))  # type: ignore[arg-type]  # NamedTuples have no types by place


def read_sims(rows: Rows, zone: ZoneInfo, outcome: Outcome) -> SimRows:
    """Read the columns of a file; `zone` is that of its clocks. Rows that are bad or contradict an earlier one,
    and doubtful ICCIDs are told to `outcome`."""
    reading = Reading(rows, COLUMNS.wanted)
    iccids = reading.column("iccid", _iccid, cells.plain("89[0-9]{17,18}+"))
    told = [reading.column(name, *how) for name, how in SECRETS.items()]
    eids = reading.column("eid", cells.parsed_by(_eid))
    kinds = reading.column("kind", cells.word_of(_KINDS))
    if not cells.unsaid(eids) or not cells.unsaid(told[-1]):
        kinds = [
            kind or ("esim" if eid or code else None) for kind, eid, code in zip(kinds, eids, told[-1], strict=True)
        ]
    roles = reading.column("role", cells.word_of(_ROLES))
    states = reading.column("status", cells.word_of(_STATES))
    imsis = _or_none(reading.column("imsi", cells.parsed_by(_imsi), cells.plain("(?:[0-9]{6,15}+)?")))
    activated = reading.column("activated_at", cells.moment_in(zone))
    phones = reading.column("msisdn", cells.msisdn, cells.IS_E164)
    numbers = _or_none(reading.text("customer_number"))
    if "stock" in states:
        for index, (state, phone, number) in enumerate(zip(states, phones, numbers, strict=True)):
            if state == "stock" and (phone or number):
                reading.refuse(
                    index, "status", "is stock, but the row names a line or customer; leave one of them empty"
                )
    puks = [Secret(puk) if puk else None for puk in told[1]]
    texts = map("\n".join, zip(*(_or_empty(column) for column in told), strict=True))
    secrets = [None if text == _NOTHING else Secret(text) for text in texts]
    columns: list[Sequence[Any]] = [
        *(iccids, kinds, roles, states, imsis, eids, activated, phones, numbers, puks, secrets)
    ]
    lines, good = reading.good(columns, outcome)
    for line, iccid in zip(lines, good[0], strict=True):
        if check_digit_fails(iccid):
            outcome.warn(line, "iccid", "the check digit does not fit; was it left out?")
    return _said_once(SimRows(lines, *good), outcome)


def _said_once(rows: SimRows, outcome: Outcome) -> SimRows:
    """Each ICCID by the first row that tells of it; another row may only say the same."""
    if len(set(rows.iccid)) == len(rows.iccid):
        return rows
    first: dict[Text, int] = {}
    keep = []
    for index, iccid in enumerate(rows.iccid):
        known = first.setdefault(iccid, index)
        keep.append(known == index)
        if known != index and any(column[known] != column[index] for column in rows[1:]):
            outcome.reject(rows.line[index], "iccid", f"says otherwise of this SIM than line {rows.line[known]}")
    return rows.kept(keep)


def _iccid(text: str) -> Text:
    parsed = Iccid.parse(text)
    if isinstance(parsed, Malformed):
        raise cells.BadCell(parsed.reason)
    return parsed.digits


def _eid(text: str) -> Malformed | str:
    parsed = Eid.parse(text)
    return parsed if isinstance(parsed, Malformed) else parsed.digits


def _imsi(text: str) -> Malformed | str:
    parsed = Imsi.parse(text)
    return parsed if isinstance(parsed, Malformed) else parsed.digits


def _or_none(column: Sequence[Text]) -> list[Text]:
    return [value or None for value in column]


def _or_empty(column: Sequence[Text]) -> list[str]:
    return [value or "" for value in column]
