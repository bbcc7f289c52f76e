"""What a simulated attack came to, in figures and sentences, next to the theory of requirements.md."""

from typing import Any

from werda.attack.callers import BRUTE_GUESSES, Attack
from werda.attack.run import Compared
from werda.attack.simulation import Found
from werda.attack.town import ALL_CODES, POPULAR
from werda.core.budget import MAX_FAILURES


def theory(compared: Compared) -> float:
    """How many accounts so many guesses break where only each account's own limit guards (requirements.md, the table).

    Three guesses at an account at most; a random code falls to each with one in ten thousand, a chosen one to the most
    popular codes with their shares.
    """
    plan = compared.plan
    if plan.attack is Attack.LOCKOUT:
        return 0.0
    if plan.attack is Attack.BRUTE:
        touched, each = min(plan.accounts, -(-plan.guesses // BRUTE_GUESSES)), MAX_FAILURES
    else:
        touched, each = plan.accounts, min(MAX_FAILURES, -(-plan.guesses // plan.accounts))
    if not plan.chosen:
        return min(plan.guesses, touched * each) / ALL_CODES
    shares = sorted(POPULAR.values(), reverse=True)[:each]
    rounds = [min(touched, max(0, plan.guesses - touched * n)) for n in range(each)]
    return sum(accounts * share for accounts, share in zip(rounds, shares, strict=True))


def figures(compared: Compared) -> dict[str, Any]:
    """Everything as one JSON object."""
    plan = compared.plan
    return {
        "attack": plan.attack.value,
        "accounts": plan.accounts,
        "guesses": plan.guesses,
        "honest_calls": plan.honest,
        "codes": "chosen" if plan.chosen else "random",
        "theory": round(theory(compared), 2),
        "without": _one(compared.without),
        "guarded": _one(compared.guarded),
        "left_by_the_guard": round(compared.broken_share, 4),
    }


def _one(found: Found) -> dict[str, Any]:
    return {
        "broken": found.broken,
        "broken_on_average": round(found.chances, 3),
        "outcomes": {outcome.slug: count for outcome, count in sorted(found.outcomes.items())},
        "honest_calls": found.honest,
        "honest_stepped_up": found.honest_stepped_up,
        "honest_stepped_up_share": round(found.honest_stepped_up / max(found.honest, 1), 4),
        "honest_locked": found.honest_locked,
        "own_lines_locked_by_strangers": found.own_line_locked,
        "seconds_to_alarm": found.alarm_after,
        "calm_again_at_second": found.calm_again,
    }


def sentences(shown: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        "{attack}: {guesses} guesses at {accounts} accounts, {codes} codes; theory: {theory} broken".format_map(shown)
    ]
    for name, title in (("without", "each account's own limit alone"), ("guarded", "sources and detector")):
        one = shown[name]
        alarm = one["seconds_to_alarm"]
        told = {None: "no alarm"}.get(alarm, f"alarm after {alarm:.0f} s" if alarm is not None else "")
        lines.append(
            f"  {title}: {one['broken']} broken ({one['broken_on_average']} on average), {told};"
            f" of {one['honest_calls']} honest callers {one['honest_stepped_up']} were asked for possession"
            f" ({one['honest_stepped_up_share']:.2%}), {one['honest_locked']} met a lock,"
            f" {one['own_lines_locked_by_strangers']} own lines were locked by strangers"
        )
    return "\n".join(lines)
