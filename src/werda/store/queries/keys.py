"""How many rows lie under each key of a ring: what must be made anew before a key can go (B5).

A ciphertext of Tink tells its key in bytes 2 to 5, where no column does.
"""

from typing import Any, Final

import psycopg

Connection = psycopg.Connection[Any]

_OF_BYTES: Final = "('x' || encode(substring({} from 2 for 4), 'hex'))::bit(32)::bigint"
_OF_TEXT: Final = _OF_BYTES.format("decode(substring({} from 8 for 8), 'base64')")
"""Behind ``sealed:`` eight letters of base64 hold the first six bytes."""

FORMER_SECRET_KEY: Final = _OF_BYTES.format("former_secret")
"""The key under which a webhook's former secret lies; `key_id` names that of the present one."""

_VERIFIER: Final = """
    select key_id,
           case method when 1 then 'customer codes' when 2 then 'PUKs' when 3 then 'legacy' else 'others' end as what
    from credential where customer_id > 0 -- not the decoys
    union all
    select key_id, case when sealed is null then 'one-time codes' else 'letter codes not printed yet' end
    from one_time_code where mac <> '' -- not the places without a code
    union all select key_id, 'counts of codes' from code_holders where holders > 0"""
_CUSTODY: Final = f"""
    select key_id, case kind when 1 then 'customer codes' when 2 then 'SIM profiles' else 'others' end as what
    from sealed_secret
    union all select sealed_key_id, 'letter codes not printed yet' from one_time_code where sealed is not null
    union all select code_key_id, 'codes in drafts of orders' from order_draft where code is not null
    union all select key_id, 'codes in orders' from ordered_code
    union all select totp_key_id, 'authenticator apps of customers' from customer_login where totp is not null
    union all select sealed_key_id, 'links in mails' from mail where sealed is not null
    union all select sealed_key_id, 'codes in SMS' from sms where sealed is not null
    union all select sealed_key_id, 'codes of representatives' from representative where sealed is not null
    union all select sealed_key_id, 'notifications' from push_subscription where sealed is not null
    union all select sealed_key_id, 'notifications' from push_key
    union all select {_OF_BYTES.format("secret")}, 'webhooks' from webhook_endpoint
    union all select {FORMER_SECRET_KEY}, 'webhooks' from webhook_endpoint where former_secret is not null"""  # noqa: S608
_SECOND_FACTOR: Final = f"""
    select {_OF_TEXT.format("v.sealed")} as key_id, 'second factors' as what
    from mfa_authenticator a, lateral (values (a.data ->> 'secret'), (a.data ->> 'seed')) v(sealed)
    where v.sealed like 'sealed:%'
    union all
    select {_OF_TEXT.format("session_data")}, 'sessions' from django_session where session_data like 'sealed:%'"""  # noqa: S608
_NOTHING: Final = "select 0 as key_id, '' as what where false"  # what is signed stays signed
_ROWS: Final = {"verifier": _VERIFIER, "custody": _CUSTODY, "second_factor": _SECOND_FACTOR, "audit": _NOTHING}


def rows_under(connection: Connection, ring: str) -> dict[int, dict[str, int]]:
    """For each key of a ring how many rows of what lie under it. Reads whole tables: seconds for a million."""
    found: dict[int, dict[str, int]] = {}
    statement = f"select key_id, what, count(*) from ({_ROWS[ring]}) r group by 1, 2 order by 1, 2"  # noqa: S608
    for key_id, what, rows in connection.execute(statement.encode()):
        found.setdefault(key_id, {})[what] = rows
    return found


def over_at(connection: Connection) -> Any:
    """Until when legacy credentials and one-time codes count; nobody knows their digits, so no other key takes them."""
    row = connection.execute(
        "select greatest((select max(until) from credential where method = 3),"
        " (select max(expires_at) from one_time_code))"
    ).fetchone()
    assert row is not None
    return row[0]
