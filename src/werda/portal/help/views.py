"""The help page. It is for everybody: who cannot sign in needs it most, and it tells nothing of anybody."""

from django.http.response import HttpResponseBase

from werda.core.method import Method
from werda.look.shown_number import shown_number
from werda.portal.access import Visit, open_page
from werda.portal.dress import worn_by
from werda.portal.help.hours import said_hours
from werda.store.queries.brand_tokens import hotline_numbers
from werda.store.queries.policies import policy_in_force


@open_page
def help_page(visit: Visit) -> HttpResponseBase:
    """All of it on one page, with what matters first."""
    policy = policy_in_force(visit.connection, visit.shop.id, visit.now)
    tokens = worn_by(visit.shop).tokens
    numbers = hotline_numbers(visit.connection, visit.shop.id)
    context = {
        "numbers": [
            (number, tokens.hotline if tokens.hotline and len(numbers) == 1 else shown_number(number))
            for number in numbers
        ],
        "hours": said_hours(policy),
        "hours_said": tokens.hours,
        "is_open": policy is None or policy.open_at(visit.now),
        "digits": policy.code_format.digits if policy else 4,
        "one_time": policy is not None and Method.CALL_CODE in policy.methods,
        "more": tokens.help,
    }
    return visit.render("help/help.html", context)
