"""What is over is forgotten, and who left cannot sign in any more (A9)."""

from datetime import UTC, datetime, timedelta

from tests.people import Town
from tests.portals import Portal
from werda.store.roles import Role
from werda.usecases.destroy_due import destroy_secrets
from werda.usecases.forget_sessions import KEPT, forget_sessions


def test_steps_that_nobody_finished_and_old_sessions_are_forgotten(portal: Portal, town: Town) -> None:  # A9
    person = town.person()
    portal.enrol(person, totp=True)
    portal.browser().signs_in(person.number)  # and no second step
    portal.signed_in(town.person())
    now = datetime.now(UTC)
    with town.database.connect(Role.CUSTODY) as custody:
        assert forget_sessions(custody, now) == 0
        assert town.database.rows("select count(*) from sign_in_step") == [(1,)]
        forget_sessions(custody, now + timedelta(minutes=11))
        assert town.database.rows("select count(*) from sign_in_step") == [(0,)]
        assert forget_sessions(custody, now + timedelta(days=30) + KEPT + timedelta(minutes=1)) == 1


def test_when_the_contract_ends_the_session_shows_nothing_and_the_login_goes_with_the_secrets(
    portal: Portal, town: Town
) -> None:  # A9
    person = town.person()
    browser = portal.signed_in(person)
    with town.database.connect(Role.CUSTODY) as custody:
        custody.execute("update customer set ended_at = now() where id = %s", (person.id,))
        assert browser.get("/").headers["Location"].startswith("/sign-in?")
        assert portal.browser().signs_in(person.number).status_code == 422
        destroy_secrets(custody, [person.id])
    for table in ("customer_login", "portal_session", "passkey"):
        assert town.database.rows(f"select count(*) from {table} where customer_id = %s", person.id) == [(0,)]
