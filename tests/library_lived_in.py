"""The simulated country's library and plans as people left them, laid into a home of their own: for the journeys, whose
server is another process. Run with the home's folder it fills it, and prints what the journeys look for, as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

from careatlas.engine.release import Release, open_release
from careatlas.web.authored import prepare, take_organisations

PEOPLE = (
    "publisher", "assessor.one", "assessor.two", "assessor.three", "plan.manager", "programme.lead",
    "finance.assurer", "reader",
)  # fmt: skip


def fill(home: Path) -> dict[str, Any]:
    """The seed, and on top of it an assessment that is begun, a question that is answered, a file and a key."""
    prepare(home)
    take_organisations()
    from careatlas.improve.evidence import tokens
    from careatlas.improve.evidence.assessing import scoring
    from careatlas.improve.evidence.following import follows, talking
    from careatlas.improve.evidence.models import Adoption, Example, Stage
    from careatlas.improve.evidence.seed import lives
    from careatlas.improve.evidence.writing import files
    from careatlas.improve.people.models import User
    from careatlas.improve.people.simulated import address

    release = open_release(home)
    lives.fill(release, home / "country", lambda said: None)
    people = {name: User.objects.get(email=address(name)) for name in PEOPLE}
    adoption = Adoption.objects.filter(example__stage=Stage.PUBLISHED).order_by("pk")[0]
    followed = adoption.example
    thread = talking.start(
        people["plan.manager"], release, "Who rang whom?", "And how often?", example=followed
    )
    talking.reply(thread.pk, followed.author, release, "Two clerks rang everybody.")
    follows.follow(followed.author, "indicator", followed.indicator, release)
    submitted = Example.objects.filter(stage=Stage.SUBMITTED).order_by("pk")
    disputed = next(one for one in submitted if scoring.round_of(one).wants_third)
    scoring.take(disputed, people["assessor.three"])
    draft, returned = (
        Example.objects.filter(stage=stage).order_by("pk")[0] for stage in (Stage.DRAFT, Stage.RETURNED)
    )
    files.keep(home, draft.pk, "counts.csv", [b"month,calls\n2025-09,120\n"], draft.author)
    tokens.make(people["publisher"], "our weekly report", 90, may_write=False)
    return {
        "published": followed.pk,
        "title": followed.title,
        "owner": followed.author.email,
        "indicator": followed.indicator,
        "adoption": adoption.pk,
        "adopter": adoption.user.email,
        "thread": thread.pk,
        "post": thread.posts.order_by("pk")[0].pk,
        "disputed": disputed.pk,
        "waiting": next(one.pk for one in submitted if not one.assessments.exists()),
        "draft": draft.pk,
        "drafter": draft.author.email,
        "returned": returned.pk,
        "returner": returned.author.email,
        "withdrawn": Example.objects.filter(stage=Stage.WITHDRAWN).order_by("pk")[0].pk,
        **{name: user.email for name, user in people.items()},
        **_planned(release, home / "country", people["plan.manager"]),
    }


def _planned(release: Release, country: Path, manager: Any) -> dict[str, Any]:
    """The plans, and where in the manager's own things are."""
    from careatlas.improve.delivery.models import (
        Claim,
        Cycle,
        Initiative,
        Measure,
        Milestone,
        Plan,
        Pool,
        Risk,
        Status,
    )
    from careatlas.improve.delivery.planning.beginnings import key_of
    from careatlas.improve.delivery.seed.country import make_plans

    last = max(row["period_end"] for row in release.rows("values", ["period_end"], area_type="icb"))
    make_plans(release, country, last, lambda said: None)
    board = manager.grants.get().organisation
    plan = Plan.objects.get(organisation=board, baselined_at__isnull=False)
    own = Initiative.objects.filter(plan=plan)
    running = own.filter(status=Status.RUNNING, milestones__isnull=False).order_by("pk")[0]
    pools = Pool.objects.filter(area=board)
    opportunity = next(row for row in release.rows("opportunities", area=board.pk) if row["is_headline"])
    return {
        "board": board.pk,
        "board_name": board.name,
        "month": f"{last:%Y-%m}",
        "year_end": f"{plan.year + 1}-03",  # the last month of the plan, which was over before this was written
        "year_end_title": f"March {plan.year + 1}",
        "plan": plan.pk,
        "plan_title": plan.title,
        "initiative": running.pk,
        "stopped": own.get(status=Status.STOPPED).pk,
        "idea": own.filter(status=Status.IDEA)[0].pk,
        "opportunity": key_of(board.pk, opportunity["indicator"]),
        "measure": Measure.objects.filter(initiative__in=own).exclude(indicator="")[0].pk,
        "entered": Measure.objects.filter(initiative__in=own, indicator="", figures__isnull=False)[0].pk,
        "claim": Claim.objects.filter(initiative__in=own, form="cash", pence__gt=0, confirmed_at=None)[0].pk,
        "pool": pools.filter(indicator="")[0].pk,
        "pool_of_indicator": pools.exclude(indicator="")[0].pk,
        **{
            part._meta.model_name: part.objects.filter(initiative=running)[0].pk
            for part in (Milestone, Risk, Cycle)
        },
    }


if __name__ == "__main__":
    print(json.dumps(fill(Path(sys.argv[1]))))
