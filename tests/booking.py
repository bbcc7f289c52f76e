"""The demo's options in a test's brand, and bookings of somebody."""

from datetime import UTC, datetime
from importlib import resources
from uuid import UUID, uuid4

from tests.people import Person, Town
from tests.portals import Portal
from werda.core.option import NotBookable, OptionCatalogue
from werda.store.roles import Role
from werda.usecases.activate_options import activate_options
from werda.usecases.asker import Asker
from werda.usecases.book_option import book_option


def offer(town: Town) -> None:
    """Let the brand offer what Nordfunk does."""
    text = resources.files("werda.demo").joinpath("options/nordfunk-2026.toml").read_text(encoding="utf-8")
    with town.database.connect() as owner:
        assert isinstance(activate_options(owner, text, now=datetime.now(UTC)), OptionCatalogue)


def offered(portal: Portal) -> str:
    """An option that anybody can book."""
    offer(portal.town)
    return "music"


def one_booking(portal: Portal, person: Person) -> UUID:
    """A booking of this person, the one they have or a new one."""
    rows = portal.database.rows("select public_id from option_booking where customer_id = %s order by id", person.id)
    return UUID(str(rows[0][0])) if rows else booked(portal, person)


def booked(portal: Portal, person: Person, slug: str = "music", at: datetime | None = None) -> UUID:
    """A booking of this person; gives its name."""
    offer(portal.town)
    asker = Asker(portal.town.brand, person.id, person.number, "test")
    with portal.database.database.connect(Role.CUSTODY) as custody:
        done = book_option(
            custody, asker, line_id=person.line_id, slug=slug, idempotency_key=str(uuid4()), now=at or datetime.now(UTC)
        )
    assert not isinstance(done, NotBookable), done
    return done.public_id
