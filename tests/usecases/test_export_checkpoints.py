"""Checkpoints are brought outside: to a file, by message, by mail; and what fails is tried again and shown."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.database import TestDatabase, werda
from tests.gates import free_port
from tests.people import AFTER_THE_DATE, Town
from tests.sealing import notes_of, signer_of
from werda.core.checkpoint import read_note, read_notes
from werda.store.roles import Role
from werda.usecases.export_checkpoints import MESSAGE, Outside, export_checkpoints
from werda.usecases.seal_record import seal

NOW = AFTER_THE_DATE


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return Town(database)


def seal_something(town: Town, now: datetime) -> None:
    with town.database.connect() as owner:
        owner.execute("insert into event (at, kind, actor, detail) values (%s, 'key:added', 'operator', '{}')", (now,))
    with town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        assert seal(worker, signer_of(town.database), now).checkpoint is not None


def export(town: Town, outside: Outside, now: datetime) -> dict[str, str]:
    with town.database.database.connect(Role.CUSTODY, autocommit=True) as worker:
        return export_checkpoints(worker, outside, now)


def test_the_file_gets_the_newest_checkpoint_once_a_minute(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "checkpoints"
    assert export(town, Outside(file=file), NOW) == {}, "there is none yet"
    for seconds, notes in ((0, 1), (30, 1), (61, 2)):
        seal_something(town, NOW + timedelta(seconds=seconds))
        assert export(town, Outside(file=file), NOW + timedelta(seconds=seconds)) == (
            {"file": ""} if seconds != 30 else {}
        )
        assert len(read_notes(file.read_text())) == notes
    assert export(town, Outside(file=file), NOW + timedelta(hours=1)) == {}, "the same one was brought again"
    assert file.read_text().splitlines()[-1] == notes_of(town.database).splitlines()[-1]
    checked = werda("audit", "verify", "--checkpoints", str(file), environment=town.database.environment)
    assert checked.returncode == 0, checked.stdout
    assert "2 checkpoints from outside fit" in checked.stdout


def test_what_fails_is_shown_and_tried_at_the_next_look(town: Town, tmp_path: Path) -> None:
    place = tmp_path / "mount"
    outside = Outside(file=place / "checkpoints")
    seal_something(town, NOW)
    assert export(town, outside, NOW)["file"].startswith("FileNotFoundError")
    status = werda("audit", "status", environment=town.database.environment)
    assert "file: up to 0" in status.stdout
    assert "FileNotFoundError" in status.stdout
    place.mkdir()
    assert export(town, outside, NOW + timedelta(seconds=5)) == {"file": ""}
    shown = json.loads(werda("audit", "status", "--json", environment=town.database.environment).stdout)
    assert shown["outside"]["file"]["problem"] == ""
    assert shown["outside"]["file"]["leaves"] == shown["leaves"] > 0


def test_a_message_goes_to_each_brand_that_takes_messages(town: Town) -> None:
    seal_something(town, NOW)
    assert export(town, Outside(webhook=True), NOW) == {"webhook": ""}
    assert town.database.rows("select count(*) from outbox_message") == [(0,)]
    made = werda(
        *("webhook", "add", "https://operator.example/hook", "--brand", "nordfunk"),
        environment=town.database.environment,
    )
    assert made.returncode == 0, made.stderr
    seal_something(town, NOW + timedelta(minutes=2))
    assert export(town, Outside(webhook=True), NOW + timedelta(minutes=2)) == {"webhook": ""}
    [(kind, body)] = town.database.rows("select type, body from outbox_message")
    assert kind == MESSAGE
    signed = read_note(json.loads(body)["data"]["note"])
    assert signed is not None
    assert signed.checkpoint.size == json.loads(body)["data"]["size"]


class Mailbox:
    """What a real mail server took."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], Any]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 taken"


@pytest.fixture
def mail() -> Iterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    yield mailbox, server.port
    server.stop()


def test_a_mail_brings_a_checkpoint_that_can_be_checked_later(
    town: Town, mail: tuple[Mailbox, int], tmp_path: Path
) -> None:
    mailbox, port = mail
    outside = Outside(mail_to="notary@example.org", mail_from="werda@example.com", smtp=("127.0.0.1", port))
    seal_something(town, NOW)
    assert export(town, outside, NOW) == {"mail": ""}
    seal_something(town, NOW + timedelta(minutes=30))
    assert export(town, outside, NOW + timedelta(minutes=30)) == {}, "an hour is not over"
    [(to, message)] = mailbox.taken
    assert to == ["notary@example.org"]
    assert message["subject"].startswith("werda/audit: checkpoint over ")
    kept = tmp_path / "from-the-mail"
    kept.write_text("\n".join(message.get_content().splitlines()[:7]) + "\n")
    assert read_notes(kept.read_text()) != [None]
    checked = werda("audit", "verify", "--checkpoints", str(kept), environment=town.database.environment)
    assert checked.returncode == 0, checked.stdout


def test_a_mail_server_that_is_away_is_told(town: Town) -> None:
    seal_something(town, NOW)
    outside = Outside(mail_to="notary@example.org", smtp=("127.0.0.1", free_port()))
    assert export(town, outside, NOW)["mail"].startswith("ConnectionRefusedError")
