"""`werda webhook` and `werda outbox`, as their users type them."""

import json
from typing import Any

import pytest

from tests.database import werda
from tests.outbox.operator_town import OperatorTown
from tests.outbox.receiver import OTHER_SECRET, Receiver


def run(town: OperatorTown, *arguments: str, expect: int = 0, typed: str | None = None) -> Any:
    done = werda(*arguments, environment=town.database.environment, input=typed)
    assert done.returncode == expect, done.stderr + done.stdout
    return done


def test_a_webhook_is_added_and_its_secret_is_shown_once(town: OperatorTown, receiver: Receiver) -> None:
    added = run(town, "webhook", "add", receiver.url, "--brand", "nordfunk")
    receiver.secret = added.stdout.strip()
    assert receiver.secret.startswith("whsec_")
    town.put_out(1)
    town.send_all(town.sender())
    assert receiver.took() == [1]
    for arguments in (["webhook", "list"], ["webhook", "list", "--json"], ["outbox", "status"]):
        assert receiver.secret not in run(town, *arguments).stdout
    [shown] = json.loads(run(town, "webhook", "list", "--json").stdout)
    assert (shown["brand"], shown["url"]) == ("nordfunk", receiver.url)
    rotated = run(town, "webhook", "rotate", str(shown["id"]), "--at-once").stdout.strip()
    assert rotated not in {receiver.secret, ""}
    receiver.secret = rotated
    town.put_out(2)
    town.send_all(town.sender())
    assert receiver.took() == [1, 2]
    run(town, "webhook", "remove", str(shown["id"]))
    assert json.loads(run(town, "webhook", "list", "--json").stdout) == []
    changes = town.database.rows("select detail->>'what' from event where kind = 'webhook:changed' order by id")
    assert changes == [("connected",), ("secret rotated",), ("removed",)]


def test_a_receivers_own_secret_comes_by_standard_input(town: OperatorTown, receiver: Receiver) -> None:
    added = run(town, "webhook", "add", receiver.url, "--secret-from-stdin", typed=OTHER_SECRET + "\n")
    assert added.stdout == ""
    assert OTHER_SECRET not in added.stderr
    receiver.secret = OTHER_SECRET
    town.put_out(1)
    town.send_all(town.sender())
    assert receiver.took() == [1]
    bad = run(town, "webhook", "add", receiver.url, "--secret-from-stdin", typed="whsec_c2hvcnQ=\n", expect=2)
    assert "24 to 64 bytes" in bad.stderr


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://orders.example.org/werda", "must begin with https://"),
        ("ftp://orders.example.org/", "is no URL"),
        ("https://user:password@orders.example.org/", "holds a login"),
        ("orders.example.org", "is no URL"),
    ],
)
def test_an_address_that_would_not_be_safe_is_refused(town: OperatorTown, url: str, says: str) -> None:
    refused = run(town, "webhook", "add", url, expect=2)
    assert says in refused.stderr
    assert "password" not in refused.stderr


def test_dead_messages_are_seen_and_sent_again(connected: OperatorTown, receiver: Receiver) -> None:
    receiver.answer = lambda event, _: 422 if event["data"]["n"] < 3 else 204
    connected.put_out(1, 2, 3)
    connected.send_all(connected.sender())
    status = run(connected, "outbox", "status", expect=1)
    assert "0 waiting, 0 of them failing, 2 dead" in status.stdout
    dead = json.loads(run(connected, "outbox", "list", "--state", "dead", "--json").stdout)
    assert [message["last_problem"] for message in dead] == ["answered 422", "answered 422"]
    shown = json.loads(run(connected, "outbox", "show", str(dead[0]["id"]), "--json").stdout)
    assert shown["body"]["data"] == {"n": 2}
    assert "answered 422" in run(connected, "outbox", "show", str(dead[0]["id"])).stdout

    receiver.answer = lambda *_: 204
    dry = run(connected, "outbox", "replay", "--all", "--dry-run")
    assert "2 would be sent again" in dry.stderr
    assert connected.dead() == 2
    one = run(connected, "outbox", "replay", str(dead[1]["id"]), "999999", expect=1)
    assert "message 999999 is not dead" in one.stderr
    assert run(connected, "outbox", "replay", "--all").stdout.split() == [str(dead[0]["id"])]
    connected.send_all(connected.sender())
    assert receiver.took() == [3, 1, 2]
    assert json.loads(run(connected, "outbox", "status", "--json").stdout)[0]["dead"] == 0
    run(connected, "outbox", "replay", expect=2)


def test_status_says_what_is_missing(town: OperatorTown, receiver: Receiver) -> None:
    town.put_out(1)
    assert "no receiver yet" in run(town, "outbox", "status").stdout
    endpoint = town.connect(receiver.url)
    receiver.answer = lambda *_: 410
    town.send_all(town.sender(), seconds=0.2)
    assert "answered 410 Gone" in run(town, "outbox", "status").stdout
    receiver.answer = lambda *_: 204
    run(town, "webhook", "resume", str(endpoint))
    town.send_all(town.sender())
    assert receiver.took() == [1]
