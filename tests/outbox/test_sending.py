"""Messages leave signed, in their order, until they are taken or dead (design decision 10)."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest

from tests.outbox.operator_town import OperatorTown
from tests.outbox.receiver import OTHER_SECRET, SECRET, Receiver, receiving
from werda.core.order import OrderKind
from werda.core.secret import Secret
from werda.outbox.delays import LONGEST, Delays
from werda.outbox.delivery import signed
from werda.store.roles import Role
from werda.usecases.connect_webhook import rotate_secret
from werda.usecases.order_from_operator import order_from_operator
from werda.usecases.replay_messages import replay_messages


def test_an_order_leaves_as_a_signed_cloud_event(connected: OperatorTown, receiver: Receiver) -> None:
    with connected.database.database.connect(Role.CUSTODY) as custody:
        ordered = order_from_operator(
            custody, OrderKind.REPLACE_SIM, brand_id=connected.brand, customer_id=7,
            detail={"msisdn": "+4917604069000", "note": "Größe"}, now=datetime.now(UTC),
        )  # fmt: skip
    connected.send_all(connected.sender())
    [event] = receiver.taken
    assert event["specversion"] == "1.0"
    assert event["type"] == "org.werda.order.replace_sim.v1"
    assert event["subject"] == str(ordered.public_id)
    assert event["data"]["note"] == "Größe"
    [headers] = receiver.headers
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert headers["user-agent"].startswith("Werda/")
    assert connected.delivered() == 1


def test_the_signature_is_what_the_specification_says() -> None:
    """HMAC-SHA256 over id, timestamp and body, apart by dots, computed here without the library."""
    now = datetime(2026, 11, 26, 0, 30, 15, 900_000, tzinfo=UTC)
    headers = signed([Secret(SECRET)], "msg-1", '{"ä":1}', now)
    stamp = str(int(now.timestamp()))
    mac = hmac.digest(b64decode(SECRET.removeprefix("whsec_")), f'msg-1.{stamp}.{{"ä":1}}'.encode(), hashlib.sha256)
    assert headers == {
        "webhook-id": "msg-1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{b64encode(mac).decode()}",
    }


def test_messages_of_a_stream_leave_in_order_while_the_first_fails(connected: OperatorTown, receiver: Receiver) -> None:
    receiver.answer = lambda event, times: 503 if event["data"]["n"] == 1 and times < 2 else 204
    connected.put_out(1, 2, 3)
    connected.send_all(connected.sender())
    assert receiver.took() == [1, 2, 3]
    assert [event["data"]["n"] for event in receiver.came] == [1, 1, 1, 2, 3]
    assert len({event["id"] for event in receiver.came[:3]}) == 1  # the receiver knows a repeat by its id


def test_a_failing_message_holds_back_its_stream_only(connected: OperatorTown, receiver: Receiver) -> None:
    receiver.answer = lambda event, _: 500 if event["subject"] == "customer:1" else 204
    connected.put_out(1, 2, stream="customer:1")
    connected.put_out(3, 4, stream="customer:2")
    connected.send_all(connected.sender(tries=1000, first=0.05), seconds=0.7)
    assert receiver.took() == [3, 4]
    assert connected.waiting() == 2
    assert 2 not in [event["data"]["n"] for event in receiver.came]


def test_a_dead_message_lets_its_stream_go_on_and_comes_back_by_replay(
    connected: OperatorTown, receiver: Receiver
) -> None:
    receiver.answer = lambda event, _: 500 if event["data"]["n"] == 1 else 204
    connected.put_out(1, 2)
    connected.send_all(connected.sender(tries=3))
    assert receiver.took() == [2]
    assert connected.problems() == ["answered 500", ""]
    assert [event["data"]["n"] for event in receiver.came] == [1, 1, 1, 2]
    receiver.answer = lambda _event, _times: 204
    with connected.database.connect(Role.CUSTODY) as custody:
        replayed = replay_messages(custody, None, now=datetime.now(UTC))
    assert len(replayed.ids) == 1
    connected.send_all(connected.sender())
    assert receiver.took() == [2, 1]
    assert len({event["id"] for event in receiver.came if event["data"]["n"] == 1}) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_message_that_is_refused_for_good_is_dead_at_once(
    connected: OperatorTown, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda *_: status
    connected.put_out(1)
    connected.send_all(connected.sender())
    assert len(receiver.came) == 1
    assert (connected.dead(), connected.problems()) == (1, [f"answered {status}"])


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_what_can_be_mended_at_the_receiver_is_tried_again(
    connected: OperatorTown, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda _, times: status if times == 0 else 200
    connected.put_out(1)
    connected.send_all(connected.sender())
    assert receiver.took() == [1]


def test_a_receiver_that_is_gone_gets_nothing_more_and_nothing_is_lost(
    connected: OperatorTown, receiver: Receiver
) -> None:
    receiver.answer = lambda *_: 410
    connected.put_out(1, 2)
    connected.send_all(connected.sender(), seconds=0.3)
    assert len(receiver.came) == 1
    assert connected.waiting() == 2
    receiver.answer = lambda *_: 204
    connected.connect(receiver.url)
    connected.send_all(connected.sender())
    assert receiver.took() == [1, 2]


def test_a_redirect_is_not_followed(connected: OperatorTown, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.answer = lambda *_: (307, {"Location": elsewhere.url})
        connected.put_out(1)
        connected.send_all(connected.sender(tries=2))
        assert elsewhere.came == []
    assert "redirects are not followed" in connected.problems()[0]


def test_a_receiver_that_is_not_there_is_tried_again(town: OperatorTown) -> None:
    with receiving() as gone:
        pass
    town.connect(gone.url)
    town.put_out(1)
    town.send_all(town.sender(tries=1000, first=0.05), seconds=0.3)
    assert town.problems() == ["could not be reached: ConnectError"]
    with receiving(gone.port) as back:
        town.send_all(town.sender())
        assert back.took() == [1]


def test_a_receiver_that_is_not_there_costs_one_try_and_keeps_nobody_elses_messages(
    town: OperatorTown, receiver: Receiver
) -> None:
    other = OperatorTown.found(town.database, "other")
    other.connect(receiver.url)
    with receiving() as gone:
        pass
    town.connect(gone.url)
    for n in range(20):
        town.put_out(n, stream=f"customer:{n}")
    other.put_out(99, stream="customer:99")
    town.send_all(town.sender(first=5), seconds=0.5)
    assert receiver.took() == [99]
    assert town.database.rows("select sum(tries) from outbox_message where delivered_at is null") == [(1,)]


def test_without_a_receiver_messages_wait_and_no_try_is_counted(town: OperatorTown, receiver: Receiver) -> None:
    town.put_out(1)
    with town.database.connect(Role.CUSTODY) as custody:
        assert not town.sender().send_one(custody)
    town.connect(receiver.url)
    town.send_all(town.sender())
    assert receiver.took() == [1]
    assert town.database.rows("select tries from outbox_message") == [(1,)]


def test_a_brand_with_a_receiver_of_its_own_never_falls_back_to_that_of_all(
    connected: OperatorTown, receiver: Receiver
) -> None:
    other = OperatorTown.found(connected.database, "other")
    with receiving() as of_all:
        other.connect(of_all.url, everybody=True)
        receiver.answer = lambda *_: 410
        connected.put_out(1)
        other.put_out(2, stream="customer:2")
        connected.send_all(connected.sender(), seconds=0.5)
        assert of_all.took() == [2]
    assert connected.waiting() == 1


def test_after_a_rotation_both_secrets_are_right_for_a_day_and_then_the_new_one(
    connected: OperatorTown, receiver: Receiver
) -> None:
    [(endpoint,)] = connected.database.rows("select id from webhook_endpoint")
    with connected.database.connect(Role.CUSTODY) as custody:
        assert rotate_secret(
            custody, connected.database.custody, endpoint, Secret(OTHER_SECRET), at_once=False, now=datetime.now(UTC)
        )
    for n, secret in ((1, SECRET), (2, OTHER_SECRET)):
        receiver.secret = secret
        connected.put_out(n)
        connected.send_all(connected.sender())
    assert receiver.took() == [1, 2]
    later = connected.sender(ahead=timedelta(hours=25))
    with connected.database.connect(Role.CUSTODY) as custody:
        connected.put_out(3)
        later.send_one(custody)
    assert receiver.forged == ["Message timestamp too new"]  # a receiver's clock protects it against old messages
    receiver.forged.clear()
    assert len(later._secrets(_due(connected))) == 1


def _due(town: OperatorTown):  # type: ignore[no-untyped-def]
    from werda.outbox.sender import Due

    [row] = town.database.rows(
        "select 1, '', '', 0, id, url, secret, former_secret, former_until from webhook_endpoint"
    )
    return Due(*row)


def test_secrets_of_webhooks_lie_sealed(connected: OperatorTown) -> None:
    """B5"""
    [(secret,)] = connected.database.rows("select secret from webhook_endpoint")
    assert SECRET.encode() not in bytes(secret)
    assert b64decode(SECRET.removeprefix("whsec_")) not in bytes(secret)


def test_messages_of_a_stream_become_visible_in_the_order_of_their_ids(connected: OperatorTown) -> None:
    """A later message must not be there, and leave, while an earlier one is not committed yet."""
    from concurrent.futures import ThreadPoolExecutor
    from concurrent.futures import TimeoutError as NotYet

    from werda.usecases.order_from_operator import put_out

    with ThreadPoolExecutor(1) as other, connected.database.database.connect(Role.CUSTODY) as first:
        put_out(
            first, "org.werda.test.v1", brand_id=connected.brand, stream="customer:1", subject="s",
            data={"n": 1}, now=datetime.now(UTC),
        )  # fmt: skip
        second = other.submit(connected.put_out, 2)
        with pytest.raises(NotYet):
            second.result(0.3)
        first.commit()
        second.result(5)
    assert connected.database.rows("select body::json->'data'->>'n' from outbox_message order by id") == [
        ("1",),
        ("2",),
    ]


def test_delays_grow_up_to_a_limit_and_end() -> None:
    delays = Delays(tries=20, first=2)
    middle = [delays.after(n, chance=0.5) for n in range(1, 20)]
    seconds = [delay.total_seconds() for delay in middle if delay is not None]
    assert seconds[:4] == [2, 6, 18, 54]
    assert seconds == sorted(seconds)
    assert seconds[-1] == LONGEST.total_seconds()
    assert 40 < sum(seconds) / 3600 < 60  # about two days in all
    assert delays.after(20) is None
    assert delays.after(1, chance=0) != delays.after(1, chance=1)


def test_a_receiver_may_ask_to_be_left_alone_for_a_while(connected: OperatorTown, receiver: Receiver) -> None:
    receiver.answer = lambda *_: (503, {"Retry-After": "120"})
    connected.put_out(1)
    connected.send_all(connected.sender(), seconds=0.2)
    assert len(receiver.came) == 1
    [(wait,)] = connected.database.rows("select extract(epoch from next_try_at - now()) from outbox_message")
    assert 100 < wait <= 120
