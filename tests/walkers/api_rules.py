"""The rules of ``/api/v1/delivery/``, a route each: what it is of, who gets an answer, who may change something by it,
and what a program would send."""

from collections.abc import Callable
from typing import Any, NamedTuple

from careatlas.improve.delivery.models import Pool
from walkers.rights import sees_initiative, sees_plan, sees_pool, writes_initiative
from walkers.rules import May, Row, is_going_on, nobody, of, on, whoever_is_in


class ApiRule(NamedTuple):
    """``query``: what has to be asked with it."""

    thing: str = ""
    get: May = whoever_is_in
    may: May = nobody
    body: Callable[[Any], Row] | None = None
    query: str = ""


def _claim(initiative: Any) -> Row:
    pool = Pool.objects.order_by("pk").values_list("pk", flat=True).first()
    return {"initiative": initiative.pk, "pool": pool, "timing": "one-off", "form": "cash", "pence": 100}


A_MONTH = "/delivery/initiatives/{number}/returns/{month}"
API_RULES: dict[tuple[str, str], ApiRule] = {
    ("get", "/delivery/plans"): ApiRule(),
    ("get", "/delivery/plans/{number}"): ApiRule("plan", of(sees_plan)),
    ("get", "/delivery/initiatives"): ApiRule(),
    ("get", "/delivery/initiatives/{number}"): ApiRule("initiative", of(sees_initiative)),
    ("get", "/delivery/milestones"): ApiRule(),
    ("get", "/delivery/milestones/{number}"): ApiRule("milestone", on(sees_initiative)),
    ("patch", "/delivery/milestones/{number}"): ApiRule(
        "milestone", on(writes_initiative), on(is_going_on), lambda milestone: {"forecast_on": "2026-06-05"}
    ),
    ("get", "/delivery/measures"): ApiRule(),
    ("get", "/delivery/measures/{number}"): ApiRule("measure", on(sees_initiative)),
    ("get", "/delivery/measures/{number}/figures"): ApiRule("measure", on(sees_initiative)),
    ("post", "/delivery/measures/{number}/figures"): ApiRule(
        "measure", on(writes_initiative), on(is_going_on),
        lambda measure: {"figures": [{"month": "2026-04-01", "value": 7}], "why": "Counted."},
    ),
    ("get", "/delivery/claims"): ApiRule(),
    ("get", "/delivery/claims/{number}"): ApiRule("claim", on(sees_initiative)),
    ("post", "/delivery/claims"): ApiRule("initiative", of(writes_initiative), of(is_going_on), _claim),
    ("patch", "/delivery/claims/{number}"): ApiRule(
        "claim", on(writes_initiative), on(is_going_on), lambda claim: {"pence": 2400, "why": "Because."}
    ),
    ("get", "/delivery/pools"): ApiRule(),
    ("get", "/delivery/pools/{number}"): ApiRule("pool", of(sees_pool)),
    ("get", "/delivery/returns"): ApiRule(),
    ("get", A_MONTH): ApiRule("initiative", of(sees_initiative)),
    ("post", A_MONTH): ApiRule(
        "initiative", of(writes_initiative), of(is_going_on), lambda initiative: {"words": "Late.", "why": "Late."}
    ),
    ("get", "/delivery/ledger"): ApiRule(query="?year=2025"),
    ("get", "/delivery/ledger/rows"): ApiRule(query="?year=2025"),
    ("get", "/delivery/report"): ApiRule(query="?organisation=B0&month=2025-07"),
}  # fmt: skip
