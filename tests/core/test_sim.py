"""The formats of what is printed on SIM cards and stored in eSIM profiles (requirements, "Formats")."""

import pytest

from werda.core.malformed import Malformed
from werda.core.secret import Secret
from werda.core.sim import ActivationCode, DeliveryPin, Eid, Iccid, Imsi, Puk

ICCID = "8949440000001672706"
EID = "89044011112233441122334411223321"


def test_iccid_with_right_check_digit_is_taken_without_a_warning() -> None:
    assert Iccid.parse(ICCID) == Iccid(ICCID)
    assert not Iccid(ICCID).check_failed


@pytest.mark.parametrize("wrong", sorted(set("0123456789") - {"6"}))
def test_iccid_with_any_other_check_digit_is_a_warning_and_not_refused(wrong: str) -> None:
    assert Iccid.parse(ICCID[:-1] + wrong) == Iccid(ICCID[:-1] + wrong)
    assert Iccid(ICCID[:-1] + wrong).check_failed


def test_iccid_printed_in_groups_and_padded_with_f_is_the_same_number() -> None:
    assert Iccid.parse(" 8949 4400 0000 1672 706F ") == Iccid(ICCID)


def test_iccid_of_twenty_digits_is_checked_from_its_right_end() -> None:
    twenty = "89490200001234567895"
    parsed = [Iccid.parse(twenty[:-1] + digit) for digit in "0123456789"]
    assert [p.check_failed for p in parsed if isinstance(p, Iccid)].count(False) == 1


@pytest.mark.parametrize("text", ["", ICCID[:-1], ICCID + "00", "79" + ICCID[2:], ICCID[:-1] + "x", "٨٩" + ICCID[2:]])
def test_iccid_of_another_shape_is_malformed(text: str) -> None:
    assert isinstance(Iccid.parse(text), Malformed)


def test_eid_leaves_one_when_divided_by_97() -> None:
    assert Eid.parse(EID) == Eid(EID)
    assert Eid.parse("8904 4011 1122 3344 1122 3344 1122 3321") == Eid(EID)


def test_eid_with_a_mistyped_or_swapped_digit_is_malformed() -> None:
    assert isinstance(Eid.parse(EID[:-1] + "2"), Malformed)
    assert isinstance(Eid.parse(EID[:4] + EID[5] + EID[4] + EID[6:]), Malformed)
    assert isinstance(Eid.parse(EID[:-1]), Malformed)


def test_imsi_has_at_most_fifteen_digits() -> None:
    assert Imsi.parse("262011234567890") == Imsi("262011234567890")
    assert isinstance(Imsi.parse("2620112345678901"), Malformed)
    assert isinstance(Imsi.parse("26201abc"), Malformed)


def test_puk_has_exactly_eight_digits_and_keeps_its_leading_zeros() -> None:
    assert Puk.parse(Secret("0012 3456")) == Puk(Secret("00123456"))
    for wrong in ("1234567", "123456789", "1234567a", "１２３４５６７８"):
        assert isinstance(Puk.parse(Secret(wrong)), Malformed)


def test_delivery_pin_has_four_to_eight_digits() -> None:
    for right in ("0000", "12345678"):
        assert DeliveryPin.parse(Secret(right)) == DeliveryPin(Secret(right))
    for wrong in ("123", "123456789", ""):
        assert isinstance(DeliveryPin.parse(Secret(wrong)), Malformed)


@pytest.mark.parametrize(
    ("text", "oid", "needs_confirmation"),
    [
        ("LPA:1$rsp.nordfunk.example$04386-AGYFT", None, False),
        ("LPA:1$rsp.nordfunk.example$04386-AGYFT$1.3.6.1.4.1.31746", "1.3.6.1.4.1.31746", False),
        ("LPA:1$rsp.nordfunk.example$04386-AGYFT$$1", None, True),
        ("LPA:1$rsp.nordfunk.example$04386-AGYFT$1.3.6.1.4.1.31746$1", "1.3.6.1.4.1.31746", True),
    ],
)
def test_activation_code_is_read_and_written_back(text: str, oid: str | None, needs_confirmation: bool) -> None:
    code = ActivationCode.parse(Secret(text))
    assert code == ActivationCode("rsp.nordfunk.example", Secret("04386-AGYFT"), oid, needs_confirmation)
    assert isinstance(code, ActivationCode)
    assert code.text().reveal() == text


def test_activation_code_may_leave_the_place_of_the_oid_out() -> None:
    code = ActivationCode.parse(Secret("LPA:1$rsp.nordfunk.example$04386-AGYFT$1"))
    assert code == ActivationCode("rsp.nordfunk.example", Secret("04386-AGYFT"), None, needs_confirmation=True)


@pytest.mark.parametrize(
    "text", ["", "LPA:1$host", "LPA:2$host$id", "1$host$id", "LPA:1$host$id$1$1$1", "LPA:1$ho st$id"]
)
def test_activation_code_of_another_shape_is_malformed(text: str) -> None:
    assert isinstance(ActivationCode.parse(Secret(text)), Malformed)


def test_no_secret_shows_itself() -> None:  # B9
    values = (
        Puk.parse(Secret("74185296")),
        Puk.parse(Secret("741852967")),
        DeliveryPin.parse(Secret("7418")),
        DeliveryPin.parse(Secret("741")),
        ActivationCode.parse(Secret("LPA:1$host.example$7418-5296")),
        ActivationCode.parse(Secret("LPA:9$host.example$7418-5296")),
    )
    assert "741" not in repr(values) + "".join(map(str, values))
