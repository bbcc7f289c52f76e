"""`werda policy`: check the documents that say who may pass, tell which one is in force, load them.

Exit codes: 0 all is well, 1 the documents have problems or none is in force, 2 the command was called wrongly.
"""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

import click

from werda.cli.failing import clear_failures
from werda.core.budget import Limits
from werda.core.call import Channel
from werda.core.level import Level
from werda.core.method import Method
from werda.core.one_time_code import ONE_TIME
from werda.core.policy import Policy, clashes, warnings
from werda.core.policy_document import parse
from werda.core.toml_document import Problem, moments, why_not_one_moment
from werda.server.wiring import installation
from werda.store.roles import Role
from werda.usecases.activate_policy import activate_policy

Report = dict[str, object]

files_argument = click.argument("files", metavar="FILE...", type=click.File("rb"), nargs=-1, required=True)


@click.group()
def command() -> None:
    """Check, show and load who may pass by which method, and from when."""


@command.command()
@files_argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for all files.")
def check(files: Sequence[BinaryIO], as_json: bool) -> None:
    """Check policy documents; - reads standard input.

    Names line and key of every problem and says what to do. Several files of a brand are checked against each other
    too. Warnings go to standard error and leave the exit code alone.

    \b
    Exit codes: 0 no problem, 1 problems, 2 wrong use.

    \b
    Example: werda policy check nordfunk-2022.toml nordfunk-2023.toml
    """
    read = [(_name(file), _read(file)) for file in files]
    clashing = clashes(found for _, found in read if isinstance(found, Policy))
    bad = bool(clashing) or any(not isinstance(found, Policy) for _, found in read)
    if as_json:
        _print_json({"ok": not bad, "files": [_checked(name, found) for name, found in read], "clashes": clashing})
    else:
        for name, found in read:
            _print_checked(name, found)
        for clash in clashing:
            click.echo(f"problem: {clash}")
    sys.exit(1 if bad else 0)


@command.command()
@files_argument
@click.option("--at", metavar="TIME", help="Such as 2023-02-16T00:00:00, by the clocks of the brand. [default: now]")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show(files: Sequence[BinaryIO], at: str | None, as_json: bool) -> None:
    """Show which of a brand's policy documents is in force, in words.

    \b
    Exit codes: 0 shown, 1 the documents have problems or none is in force then, 2 wrong use.

    \b
    Example: werda policy show nordfunk-*.toml --at 2023-02-15T23:59:59
    """
    policies = _policies_of_one_brand(files)
    now = datetime.now(UTC) if at is None else _moment(at, policies[0])
    policy = Policy.in_force(policies, now)
    if policy is None:
        first = min(policies, key=lambda policy: policy.effective_from)
        raise click.ClickException(f"no policy of {first.brand} is in force then; the first begins {_begins(first)}")
    if as_json:
        _print_json(_in_force(policy, policies, now))
    else:
        click.echo("\n".join(_in_words(policy, policies, now)))


def _read(file: BinaryIO, use: Callable[[str], Policy | list[Problem]] = parse) -> Policy | list[Problem]:
    try:
        return use(file.read().decode())
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return [Problem(line, "", "is not UTF-8; save the file in that encoding")]


def _name(file: BinaryIO) -> str:
    return str(getattr(file, "name", "<stdin>"))


def _print_checked(name: str, found: Policy | list[Problem]) -> None:
    if not isinstance(found, Policy):
        for problem in found:
            click.echo(f"{name}:{problem}")
        return
    for warning in warnings(found):
        click.echo(f"{name}: warning: {warning}", err=True)
    click.echo(f"{name}: ok, {found.brand} version {found.version} from {_begins(found)}")


def _checked(name: str, found: Policy | list[Problem]) -> Report:
    if isinstance(found, Policy):
        known: Report = {"brand": found.brand, "version": found.version, "effective_from": _local(found)}
        return {"file": name, "ok": True, **known, "problems": [], "warnings": warnings(found)}
    problems = [{"line": problem.line, "key": problem.key, "message": problem.message} for problem in found]
    return {"file": name, "ok": False, "problems": problems, "warnings": []}


def _policies_of_one_brand(files: Sequence[BinaryIO]) -> list[Policy]:
    policies = []
    for file in files:
        found = _read(file)
        if not isinstance(found, Policy):
            raise click.ClickException(f"{_name(file)} has problems; see them with: werda policy check {_name(file)}")
        policies.append(found)
    if brands := sorted({policy.brand for policy in policies})[1:]:
        raise click.UsageError(f"the files are of several brands; leave out those of {', '.join(brands)}")
    if clashing := clashes(policies):
        raise click.ClickException(clashing[0])
    return policies


def _moment(text: str, policy: Policy) -> datetime:
    try:
        clock = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("write a time such as 2023-02-16T00:00:00", param_hint="--at") from None
    if clock.tzinfo is not None:
        return clock.astimezone(UTC)
    named = moments(clock, policy.zone)
    if len(named) != 1:
        raise click.BadParameter(f"{text} {why_not_one_moment(clock, policy.zone)}", param_hint="--at")
    return named[0]


def _in_words(policy: Policy, policies: Sequence[Policy], now: datetime) -> list[str]:
    """What the policy in force says, one line for each thing somebody at the hotline would ask."""
    announced = Policy.announced(policies, now)
    following = _following(policies, now)
    lines = [
        f"{policy.brand} at {_shown(now, policy)}: version {policy.version}, in force since {_begins(policy)}",
        "",
        *(_method_in_words(method, policy, now) for method in policy.methods),
        _line("guessing", _guessing_in_words(policy.limits)),
        _line("call", f"{policy.tries_per_call} tries, then a person"),
        _line("hotline", "open" if policy.open_at(now) else "closed"),
        _line("keeps", _retention_in_words(policy)),
        *(_line(f"level {level}", _operations(policy, level)) for level in Level if _operations(policy, level)),
    ]
    if following:
        lines.append(_line("next", f"version {following.version} from {_begins(following)}"))
    if announced:
        lines.append(_line("greeting", f"announces the stricter rule from {announced}"))
    return lines


def _method_in_words(method: Method, policy: Policy, now: datetime) -> str:
    name = method.slug.replace("_", " ")
    if method is Method.CUSTOMER_CODE:
        name += f" ({policy.code_format.digits} digits)"
    if method in ONE_TIME:
        name += f" ({policy.one_time.digits(method)} digits)"
    ways = [channel.slug for channel in Channel if policy.accepts(method, channel, now) is not None]
    until = policy.methods[method].until
    end = f", until {_shown(until, policy)}" if until else ""
    rule = f"level {policy.methods[method].level} by {', '.join(ways)}" if ways else "no longer"
    return _line("accepts", f"{name}: {rule}{end}")


def _guessing_in_words(limits: Limits) -> str:
    delay = f"{limits.first_delay.total_seconds():.0f} s"
    return f"{limits.failures} failures in a row lock; from the second on a wait of {delay}, times {limits.factor} each"


def _retention_in_words(policy: Policy) -> str:
    kept = ", ".join(f"{record.replace('_', ' ')} {period.days}" for record, period in policy.retention.items())
    return f"for days: {kept}; the old way's verifiers until it ends, no day longer"


def _line(label: str, words: str) -> str:
    return f"{label:10} {words}"


def _in_force(policy: Policy, policies: Sequence[Policy], now: datetime) -> Report:
    announced = Policy.announced(policies, now)
    following = _following(policies, now)
    return {
        "brand": policy.brand,
        "version": policy.version,
        "at": now.astimezone(policy.zone).isoformat(),
        "effective_from": _local(policy),
        "retention_days": {record.value: period.days for record, period in policy.retention.items()},
        "accepts": {
            method.slug: {
                channel.slug: level
                for channel in Channel
                if (level := policy.accepts(method, channel, now)) is not None
            }
            for method in policy.methods
        },
        "operations": {operation.value: level for operation, level in policy.levels.items()},
        "open": policy.open_at(now),
        "announced": announced.isoformat() if announced else None,
        "next": {"version": following.version, "effective_from": _local(following)} if following else None,
    }


def _following(policies: Sequence[Policy], now: datetime) -> Policy | None:
    later = (policy for policy in policies if policy.effective_from > now)
    return min(later, key=lambda policy: policy.effective_from, default=None)


def _operations(policy: Policy, level: Level) -> str:
    return ", ".join(name.replace("_", " ") for name, needed in policy.levels.items() if needed is level)


def _begins(policy: Policy) -> str:
    return _shown(policy.effective_from, policy)


def _shown(moment: datetime, policy: Policy) -> str:
    return f"{moment.astimezone(policy.zone):%Y-%m-%d %H:%M:%S} {policy.zone.key}"


def _local(policy: Policy) -> str:
    return policy.effective_from.astimezone(policy.zone).isoformat()


def _print_json(report: Report) -> None:
    click.echo(json.dumps(report, ensure_ascii=False, indent=2))


@command.command()
@files_argument
@clear_failures
def load(files: Sequence[BinaryIO]) -> None:
    """Put policy documents into the database; gates have them within a second.

    All or nothing: with any problem in any file nothing changes.

    \b
    Exit codes: 0 loaded, 1 problems, 2 wrong use.
    """
    now = datetime.now(UTC)
    with installation() as it, it.database.connect(Role.OWNER) as owner:
        loaded = [
            (_name(file), _read(file, lambda document: activate_policy(owner, document, now=now))) for file in files
        ]
        bad = [(name, found) for name, found in loaded if not isinstance(found, Policy)]
        if bad:
            owner.rollback()
    for name, problems in bad:
        _print_checked(name, problems)
    if bad:
        sys.exit(1)
    for found in (found for _, found in loaded if isinstance(found, Policy)):
        click.echo(f"{found.brand} {found.version}: in force from {found.effective_from.isoformat()}", err=True)
