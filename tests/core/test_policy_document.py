"""A policy document is taken whole or refused with everything that is wrong: line, key, and what to do."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from werda.core.alarm import Sensitivity
from werda.core.budget import Limits
from werda.core.call import Channel
from werda.core.customer_code import CodeFormat
from werda.core.level import Level
from werda.core.method import Method
from werda.core.policy import Acceptance, Operation, Policy
from werda.core.policy_document import keys, parse
from werda.core.toml_document import Problem

REFERENCE = Path(__file__).parents[2] / "docs" / "policy.md"

HEAD = """\
brand = "nordfunk"
version = "2023"
timezone = "Europe/Berlin"
effective_from = 2023-02-16T00:00:00
"""
SHORTEST = HEAD + "[methods.customer_code]\n"


def problems(text: str) -> list[Problem]:
    parsed = parse(text)
    assert isinstance(parsed, list), "the document was taken"
    return parsed


def only_problem(text: str) -> Problem:
    (problem,) = problems(text)
    return problem


def taken(text: str) -> Policy:
    parsed = parse(text)
    assert isinstance(parsed, Policy), parsed
    return parsed


def test_shortest_policy_has_the_documented_defaults() -> None:
    policy = taken(SHORTEST)
    assert policy.effective_from == datetime(2023, 2, 15, 23, tzinfo=UTC)
    assert policy.code_format == CodeFormat(4)
    assert policy.methods == {Method.CUSTOMER_CODE: Acceptance(Level.VERIFIED, frozenset(Channel) - {Channel.PORTAL})}
    assert policy.limits == Limits(failures=3, first_delay=timedelta(seconds=30), factor=4)
    assert (policy.tries_per_call, policy.announce_before) == (2, timedelta(days=14))
    assert (policy.token_lifetime, policy.grant_lifetime) == (timedelta(minutes=15), timedelta(minutes=30))
    assert policy.hours is None
    assert not policy.masks_code_in_contract


def test_brand_may_mask_the_code_in_its_contracts() -> None:  # S6
    assert taken(HEAD + '[code]\nin_contract = "masked"\n[methods.customer_code]\n').masks_code_in_contract
    problem = only_problem(HEAD + '[code]\nin_contract = "hidden"\n[methods.customer_code]\n')
    assert problem.key == "code.in_contract"
    assert 'write in_contract = "shown" or "masked"' in problem.message


@pytest.mark.parametrize(("code", "call_code"), [(4, 6), (5, 6), (6, 7), (7, 6)])
def test_a_call_code_is_never_as_long_as_a_customer_code(code: int, call_code: int) -> None:  # B6
    assert taken(SHORTEST + f"[code]\ndigits = {code}\n").one_time.call_digits == call_code
    if code > 5:
        problem = only_problem(SHORTEST + f"[code]\ndigits = {code}\n[one_time]\ncall_code_digits = {code}\n")
        assert (problem.key, problem.line) == ("one_time.call_code_digits", 9)
        assert f"write {call_code}" in problem.message


@pytest.mark.parametrize("digits", [8, 10])
def test_a_call_code_is_never_as_long_as_a_puk_or_a_letter_code(digits: int) -> None:  # B6
    problem = only_problem(SHORTEST + f"[one_time]\ncall_code_digits = {digits}\n")
    assert problem.key == "one_time.call_code_digits"


def test_how_clear_the_signs_of_an_attack_must_be_has_bounds() -> None:  # C6
    assert taken(SHORTEST).alarm.sensitivity == Sensitivity(5, 7, 3)
    said = "[alarm]\nsuspicious_deviations = 4\nattack_deviations = 20\nsurge_factor = 2\n"
    assert taken(SHORTEST + said).alarm.sensitivity == Sensitivity(4, 20, 2)
    found = problems(SHORTEST + "[alarm]\nsuspicious_deviations = 3\nattack_deviations = 21\nsurge_factor = 1\n")
    assert [problem.key for problem in found] == [
        "alarm.suspicious_deviations",
        "alarm.attack_deviations",
        "alarm.surge_factor",
    ]


def test_an_attack_is_no_less_clear_than_what_is_suspicious() -> None:  # C6
    problem = only_problem(SHORTEST + "[alarm]\nsuspicious_deviations = 8\n")
    assert (problem.key, problem.line) == ("alarm.attack_deviations", 6)
    assert "from 8 to 20, or lower suspicious_deviations" in problem.message


def test_letter_codes_are_longer_than_a_puk() -> None:  # E4
    problem = only_problem(SHORTEST + "[one_time]\nletter_code_digits = 8\n")
    assert problem.key == "one_time.letter_code_digits"


def test_all_problems_are_told_at_once_in_the_order_of_the_lines() -> None:
    found = problems(HEAD + "[budget]\nfailures = 9\n[dialogue]\ntries = 'two'\n[methods.puk]\nlevel = 2\n")
    assert [(problem.line, problem.key) for problem in found] == [
        (6, "budget.failures"),
        (8, "dialogue.tries"),
        (10, "methods.puk.level"),
    ]


def test_problem_reads_as_line_key_and_what_to_do() -> None:
    problem = only_problem(SHORTEST + "[budget]\nfailures = 9\n")
    assert str(problem) == "7: budget.failures: is 9; write a whole number from 1 to 3 (C1)"


@pytest.mark.parametrize("missing", ["brand", "version", "timezone", "effective_from"])
def test_what_is_required_must_be_there(missing: str) -> None:
    text = "".join(line for line in SHORTEST.splitlines(keepends=True) if not line.startswith(missing))
    problem = only_problem(text)
    assert problem.key == missing
    assert f"write {missing} =" in problem.message


# What the requirements forbid


def test_old_way_without_an_end_is_refused() -> None:  # A1
    problem = only_problem(SHORTEST + "[methods.legacy]\n")
    assert (problem.line, problem.key) == (6, "methods.legacy.until")


def test_old_way_whose_end_has_passed_before_the_beginning_is_refused() -> None:  # A1
    problem = only_problem(SHORTEST + "[methods.legacy]\nuntil = 2023-02-16T00:00:00\n")
    assert (problem.line, problem.key) == (7, "methods.legacy.until")


@pytest.mark.parametrize("channel", ["keypad", "api"])
def test_old_way_is_refused_on_any_channel_but_the_agents(channel: str) -> None:  # A1
    text = SHORTEST + f'[methods.legacy]\nchannels = ["agent", "{channel}"]\nuntil = 2023-03-01T00:00:00\n'
    problem = only_problem(text)
    assert (problem.line, problem.key) == (7, "methods.legacy.channels")
    assert "agent only" in problem.message


def test_old_way_alone_is_refused() -> None:
    problem = only_problem(HEAD + "[methods.legacy]\nuntil = 2023-03-01T00:00:00\n")
    assert problem.key == "methods"


@pytest.mark.parametrize("method", ["customer_code", "puk", "legacy"])
@pytest.mark.parametrize("level", [0, 2])
def test_no_method_gives_another_level_than_one(method: str, level: int) -> None:  # A3
    text = HEAD + f"[methods.{method}]\nlevel = {level}\nuntil = 2024-01-01T00:00:00\n"
    assert (6, f"methods.{method}.level") in {(problem.line, problem.key) for problem in problems(text)}


@pytest.mark.parametrize("failures", [0, 4, 100, -1])
def test_other_than_one_to_three_failures_are_refused(failures: int) -> None:  # C1
    assert only_problem(SHORTEST + f"[budget]\nfailures = {failures}\n").key == "budget.failures"


@pytest.mark.parametrize(("key", "value"), [("first_delay_seconds", 0), ("factor", 1)])
def test_delays_that_do_not_grow_are_refused(key: str, value: int) -> None:  # C4
    assert only_problem(SHORTEST + f"[budget]\n{key} = {value}\n").key == f"budget.{key}"


@pytest.mark.parametrize(
    "operation",
    [
        "replace_sim",
        "port_out",
        "change_address",
        "change_bank_account",
        "change_credential",
        "itemised_call_records",
    ],
)
@pytest.mark.parametrize("level", [0, 1])
def test_operation_that_needs_a_second_proof_is_never_lowered(operation: str, level: int) -> None:  # A3
    problem = only_problem(SHORTEST + f"[operations]\n{operation} = {level}\n")
    assert problem == Problem(7, f"operations.{operation}", f"is {level}; write 2 (A3)")


def test_nothing_but_public_information_is_lowered_to_no_proof() -> None:  # A2
    text = SHORTEST + "[operations]\n" + "".join(f"{operation} = 0\n" for operation in Operation)
    assert {problem.key for problem in problems(text)} == {
        f"operations.{operation}" for operation in Operation if operation is not Operation.PUBLIC_INFORMATION
    }


def test_code_as_long_as_a_puk_is_refused() -> None:  # S15
    assert only_problem(SHORTEST + "[code]\ndigits = 8\n").key == "code.digits"


# Slips of the pen


@pytest.mark.parametrize(
    ("text", "line", "key", "meant"),
    [
        (SHORTEST + "[budget]\nfailure = 3\n", 7, "budget.failure", "failures"),
        (SHORTEST + "[operations]\nreplace_smi = 1\n", 7, "operations.replace_smi", "replace_sim"),
        (SHORTEST + "[bugdet]\nfailures = 3\n", 6, "bugdet", "budget"),
        (SHORTEST + "[methods.pukk]\nlevel = 1\n", 6, "methods.pukk", "puk"),
        (SHORTEST + "unti = 2024-01-01T00:00:00\n", 6, "methods.customer_code.unti", "until"),
    ],
)
def test_unknown_key_is_refused_with_what_was_probably_meant(text: str, line: int, key: str, meant: str) -> None:
    assert only_problem(text) == Problem(line, key, f"is unknown; did you mean {meant}?")


def test_quoted_key_with_a_dot_is_not_taken_for_a_key_in_a_table() -> None:
    problem = only_problem('"budget.failures" = 1\n' + SHORTEST)
    assert problem.line == 1
    assert "is unknown" in problem.message


def test_table_and_value_are_told_apart() -> None:
    assert only_problem("budget = 3\n" + SHORTEST).message == "is a table; write [budget] with its keys below"
    assert only_problem(SHORTEST + "[budget.failures]\n").message.startswith("is a table; write a whole number")
    assert only_problem(SHORTEST + "[dialogue]\ntries = true\n").message.startswith("is true or false; write")


def test_key_is_found_however_it_is_written() -> None:
    for line in ("budget.failures = 9", ' budget . "failures"=9', "budget = { failures = 9 }"):
        assert only_problem(f"# first\n\n{line}\n{SHORTEST}").line == 3


def test_what_is_no_toml_is_told_with_its_line() -> None:
    assert only_problem(HEAD + "[methods\n").line == 5
    assert only_problem(HEAD + HEAD).line == 5
    assert only_problem(HEAD + 'x = """\n').line == 5


def test_unknown_channel_and_empty_list_are_refused() -> None:
    assert '"phone"' in only_problem(SHORTEST + 'channels = ["keypad", "phone"]\n').message
    assert "is empty" in only_problem(SHORTEST + "channels = []\n").message
    assert "something else" in only_problem(SHORTEST + "channels = [1]\n").message


@pytest.mark.parametrize("zone", ["Europe/Berln", "", "/etc/passwd", "../UTC", "Europe", "x" * 300])
def test_unknown_time_zone_is_refused(zone: str) -> None:
    problem = only_problem(SHORTEST.replace("Europe/Berlin", zone))
    assert (problem.line, problem.key) == (3, "timezone")


# Moments: the clocks of the brand's zone (S2)


def beginning(clock: str) -> str:
    return SHORTEST.replace("2023-02-16T00:00:00", clock)


def test_hour_that_clocks_skip_in_spring_is_refused() -> None:
    assert "skip that hour" in only_problem(beginning("2023-03-26T02:30:00")).message
    assert taken(beginning("2023-03-26T03:00:00")).effective_from == datetime(2023, 3, 26, 1, tzinfo=UTC)


def test_hour_that_comes_twice_in_autumn_needs_its_offset() -> None:
    message = only_problem(beginning("2023-10-29T02:30:00")).message
    assert "2023-10-29T02:30:00+02:00 or 2023-10-29T02:30:00+01:00" in message
    assert taken(beginning("2023-10-29T02:30:00+02:00")).effective_from == datetime(2023, 10, 29, 0, 30, tzinfo=UTC)
    assert taken(beginning("2023-10-29T02:30:00+01:00")).effective_from == datetime(2023, 10, 29, 1, 30, tzinfo=UTC)


def test_offset_that_is_not_the_zones_is_refused() -> None:
    problem = only_problem(beginning("2023-02-16T00:00:00Z"))
    assert (problem.line, problem.key) == (4, "effective_from")
    assert "2023-02-16T00:00:00+01:00" in problem.message


@pytest.mark.parametrize("clock", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "2023-02-16T00:00:00.5", "2023-02-16"])
def test_beginning_is_a_whole_second_of_this_century(clock: str) -> None:
    assert only_problem(beginning(clock)).key == "effective_from"


# Opening hours


@pytest.mark.parametrize(
    "spans",
    ["08:00-08:00", "20:00-08:00", "8-20", "08:00-25:00", "08:00-24:30", "08:00", "24:00-24:00"],
)
def test_span_that_is_no_part_of_a_day_is_refused(spans: str) -> None:
    problem = only_problem(SHORTEST + f'[hours]\nmonday = ["{spans}"]\n')
    assert (problem.line, problem.key) == (7, "hours.monday")


def test_spans_overlap_nowhere() -> None:
    assert only_problem(SHORTEST + '[hours]\nmonday = ["08:00-12:00", "11:00-18:00"]\n').key == "hours.monday"
    taken(SHORTEST + '[hours]\nmonday = ["08:00-12:00", "12:00-18:00"]\n')


def test_hours_that_never_open_are_refused() -> None:
    assert only_problem(SHORTEST + "[hours]\nclosed = [2023-12-25]\n").key == "hours"


def test_closed_date_is_a_date_without_time() -> None:
    text = SHORTEST + '[hours]\nmonday = ["08:00-12:00"]\nclosed = [2023-12-25T00:00:00]\n'
    assert only_problem(text).key == "hours.closed"


# Whatever is written, there is an answer

lines = st.sampled_from(
    [
        *SHORTEST.splitlines(),
        *(f"{key} = {value}" for key in sorted(keys()) for value in ("1", '"x"', "[]", "{}", "2023-02-16T00:00:00")),
        *("[methods]", "[methods.legacy]", "[budget]", "[[hours]]", "[operations]", '["a.b"]', "x.y = 1", "="),
    ]
)


@settings(max_examples=50)
@given(st.lists(lines, max_size=12).map("\n".join) | st.text(max_size=80))
def test_any_document_is_taken_or_refused_with_lines_that_exist(text: str) -> None:
    parsed = parse(text)
    if isinstance(parsed, Policy):
        assert tomllib.loads(text)["brand"] == parsed.brand
    else:
        assert parsed
        assert all(1 <= problem.line <= text.count("\n") + 1 for problem in parsed)


# docs/policy.md


def test_every_key_is_documented_and_no_other() -> None:
    rows = [line for line in REFERENCE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    documented = {key for row in rows for key in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert documented == keys()


def test_documented_examples_are_policies() -> None:
    examples = re.findall(r"```toml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        taken(example)
