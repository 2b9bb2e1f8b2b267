"""The rules, an address each: who gets an answer, who may change something by it, what its form would send."""

from collections.abc import Callable
from typing import Any, NamedTuple

from careatlas.improve.delivery.models import Claim, Initiative, Measure, Plan, Pool, Risk, Status
from careatlas.improve.delivery.planning import figures
from careatlas.improve.evidence.models import Adoption, Assessment, Example, Invitation, Stage, Thread, Token
from careatlas.improve.people.models import Organisation, Role
from walkers.people import HERE, THERE, Person
from walkers.rights import (
    SEE_DRAFTS,
    agrees,
    agrees_shares,
    closes,
    confirms,
    decides,
    governs,
    is_open,
    is_public,
    judges,
    keeps_adoption,
    makes_pools,
    plans_for,
    reads_thread,
    sees,
    sees_claim,
    sees_initiative,
    sees_plan,
    sees_pool,
    sees_report,
    sees_result,
    signs,
    signs_report,
    takes_down,
    writes,
    writes_initiative,
)
from walkers.world import GATES, INDICATOR, canary

WITH_GAP = ("S00", "S05")  # as the small release has it: low for long, where higher may be wished for
Row = dict[str, Any]
May = Callable[[Person, Any, Row], bool]  # a person, a thing, what the form says


def everybody(person: Person, thing: Any, said: Row) -> bool:
    return True


def nobody(person: Person, thing: Any, said: Row) -> bool:
    return False


def whoever_is_in(person: Person, thing: Any, said: Row) -> bool:
    return person.user is not None


def a(*wanted: Role) -> May:
    """Whoever has the role anywhere."""
    return lambda person, thing, said: person.has(*wanted)


def of(rule: Callable[[Person, Any], bool]) -> May:
    """A rule that does not look at the form."""
    return lambda person, thing, said: rule(person, thing)


def within(said_by: str, *wanted: Role) -> May:
    """Who has the role over the organisation that the form names."""

    def rule(person: Person, thing: Any, said: Row) -> bool:
        organisation = Organisation.objects.filter(pk=said.get(said_by, "")).first()
        return organisation is not None and person.over(organisation.path, *wanted)

    return rule


def both(*rules: May) -> May:
    return lambda person, thing, said: all(rule(person, thing, said) for rule in rules)


class Rule(NamedTuple):
    """``get`` and ``post``: who gets an answer, whoever else gets 404; None: the verb is not taken. ``may``: who may
    change anything by it, where that depends on what the form says. ``form``: what a person would send."""

    thing: str = ""
    get: May | None = None
    post: May | None = None
    may: May | None = None
    form: Callable[[Person, Any, Any], Row] = lambda person, thing, lot: {}
    silent: bool = False  # a refusal says nothing, and leads elsewhere


def of_version(person: Person, thing: Any, lot: Any) -> Row:
    return {"version": thing.version, "key": f"{lot.random()}", "why": "Because.", "words": "Because."}


def _writes_open(person: Person, example: Example) -> bool:
    return writes(person, example) and is_open(example)


def of_file(rule: Callable[[Person, Example], bool]) -> May:
    return lambda person, attachment, said: rule(person, attachment.example)


def _assess(person: Person, example: Example) -> bool:
    """Or who has handed in: they are led to the result."""
    if judges(person, example):
        return True
    mine = Assessment.objects.filter(example=example, assessor=person.key, handed_in_at__isnull=False)
    return person.has(Role.ASSESSOR) and mine.exists()


def published(person: Person, example: Example) -> bool:
    return example.stage == Stage.PUBLISHED


def _carries(person: Person, example: Example) -> bool:
    """What was withdrawn is no longer handed out, but to those who wrote it."""
    return sees(person, example) and (example.stage != Stage.WITHDRAWN or writes(person, example))


def _has_chart(person: Person, example: Example) -> bool:
    """A draft that was just begun names nothing that could be drawn."""
    return _carries(person, example) and bool(example.indicator and example.area and example.starts_on)


def _has_token(person: Person, token: Token) -> bool:
    return token.user_id == person.key


def _token_form(person: Person, thing: Any, lot: Any) -> Row:
    return {"name": "A key", "days": "30", "key": f"{lot.random()}"}


def _out(person: Person, example: Example) -> bool:
    return is_public(example)


def _out_with_its_example(person: Person, adoption: Adoption) -> bool:
    return is_public(adoption.example)


def _invited(person: Person, invitation: Invitation) -> bool:
    return person.over(invitation.organisation.path, Role.AUTHOR)


def _new_form(person: Person, thing: Any, lot: Any) -> Row:
    return {"title": "New", "owner": lot.choice([HERE, THERE, "B0", "B3", "T01"]), "key": f"{lot.random()}"}


def _adopt_form(person: Person, thing: Any, lot: Any) -> Row:
    return {"organisation": lot.choice(["B0", "B1", "B2", "B3", "S05", "S30"]), "starts_on": "2025-11-01"}


def _assess_form(person: Person, thing: Any, lot: Any) -> Row:
    mine = Assessment.objects.filter(example=thing, round=thing.round, assessor=person.key).last()
    said = {f"score-{gate}": lot.randint(0, 4) for gate in GATES} | {
        f"comment-{gate}": "Why." for gate in GATES
    }
    asked = lot.choice(["save", "hand_in", "leave"]) if mine else "take"
    return said | {"do": asked, "version": mine.version if mine else 1}


def _decide_form(person: Person, thing: Any, lot: Any) -> Row:
    return of_version(person, thing, lot) | {"do": lot.choice(["publish", "return", "withdraw", "review"])}


def _invite_form(person: Person, thing: Any, lot: Any) -> Row:
    to = lot.choice(["new@nhs.test", "reader.b0@nhs.test", "reader.b3@nhs.test"])
    return {
        "email": to,
        "role": lot.choice(Role.values),
        "organisation": lot.choice(["S00", "S31", "B0", "SIM"]),
    }


def _follow_form(person: Person, thing: Any, lot: Any) -> Row:
    kind = lot.choice([Example, Thread])
    row = lot.choice(list(kind.objects.order_by("pk").values_list("pk", flat=True)))
    return {"kind": kind._meta.model_name, "key": str(row), "do": lot.choice(["follow", "leave"])}


def _follows(person: Person, thing: Any, said: Row) -> bool:
    """What one may not see cannot be followed; leaving is always free."""
    if said["do"] == "leave" or person.user is None:
        return person.user is not None
    if said["kind"] == "thread":
        return reads_thread(person, Thread.objects.get(pk=said["key"]))
    return sees(person, Example.objects.get(pk=said["key"]))


def _talk_form(person: Person, thing: Any, lot: Any) -> Row:
    return {"title": "Asked", "text": "How many were you?", "key": f"{lot.random()}"}


def _talks_on(person: Person, thread: Thread) -> bool:
    """Of examples whoever is in; of a group its members; on topics, who has something to say there."""
    if person.user is None or thread.is_closed or not reads_thread(person, thread):
        return False
    if thread.example_id is not None:
        return thread.example.stage == Stage.PUBLISHED
    return thread.organisation_id is not None or _has_a_say(person, None)


def _has_a_say(person: Person, thing: Any) -> bool:
    """Whose area has a lasting gap, authors of what is published, and publishers of the country."""
    wrote = Example.objects.filter(author=person.key, stage=Stage.PUBLISHED, indicator=INDICATOR)
    with_gap = Organisation.objects.filter(pk__in=WITH_GAP)
    has_gap = any(person.over(organisation.path) for organisation in with_gap)
    return person.user is not None and (has_gap or wrote.exists() or person.publishes())


def _plan_form(person: Person, thing: Any, lot: Any) -> Row:
    code = lot.choice(["B0", "B3", "S00", "S31"])
    return {
        "title": "New",
        "organisation": code,
        "year": f"{lot.randint(2030, 2060)}",
        "key": f"{lot.random()}",
    }


def _plans_there(person: Person, thing: Any, said: Row) -> bool:
    return plans_for(person, Organisation.objects.get(pk=said["organisation"]).path)


def _plans_it(person: Person, plan: Plan) -> bool:
    return plans_for(person, plan.organisation.path)


def _brings(person: Person, plan: Plan) -> bool:
    """A file: whoever sees the plan, and writes it or an initiative of it."""
    mine = any(writes_initiative(person, one) for one in plan.initiatives.all())
    return sees_plan(person, plan) and (mine or _plans_it(person, plan))


def on(rule: Callable[[Person, Initiative], bool]) -> May:
    """A rule on the initiative that a part belongs to."""
    return lambda person, part, said: rule(person, part.initiative)


def is_going_on(person: Person, initiative: Initiative) -> bool:
    return writes_initiative(person, initiative) and initiative.status not in (
        Status.FINISHED,
        Status.STOPPED,
    )


def _title_form(person: Person, thing: Any, lot: Any) -> Row:
    return of_version(person, thing, lot) | {"title": f"{canary(thing)} {lot.random()}"}


def _part_form(person: Person, thing: Any, lot: Any) -> Row:
    """A risk, or a measure whose figures are entered: each leaves the other's answers aside."""
    said = {
        "likelihood": lot.randint(1, 5),
        "impact": lot.randint(1, 5),
        "kind": "quality",
        "better": "lower",
    }
    named = thing if isinstance(thing, Risk | Measure) else None
    title = canary(named) if named else "New"
    return said | {
        "title": title,
        "unit": "falls",
        "version": getattr(named, "version", 1),
        "key": f"{lot.random()}",
    }


def _pool_form(person: Person, thing: Any, lot: Any) -> Row:
    said = {"cost_line": lot.choice(["maternity", "pathology"]), "programme": "planned_care", "year": "2025"}
    said |= {"began_on": "2025-04-01", "indicator": INDICATOR, "unit_cost": f"{lot.randint(1, 9)}"}
    said |= {"unit_cost_source": canary(thing) if thing else "Ours", "key": f"{lot.random()}"}
    if thing is None:
        return said | {"organisation": lot.choice(["B0", "B3", "S00", "S31"])}
    return said | {"do": lot.choice(["change", "remove"]), "version": thing.version, "why": "Because."}


def _makes_there(person: Person, thing: Any, said: Row) -> bool:
    return makes_pools(person, Organisation.objects.get(pk=said["organisation"]).path)


def _makes(person: Person, pool: Pool) -> bool:
    return makes_pools(person, pool.area.path)


def _shares_form(person: Person, pool: Pool, lot: Any) -> Row:
    said: Row = {"why": "All agreed."}
    for one in pool.claims.all():
        said |= {f"share-{one.pk}": f"{lot.randint(1, 100)}", f"version-{one.pk}": one.version}
    return said


def _claim_form(person: Person, thing: Any, lot: Any) -> Row:
    pools = list(Pool.objects.order_by("pk").values_list("pk", flat=True))
    said = {
        "pool": lot.choice(pools) if pools else 0,
        "direction": "saves",
        "pounds": f"{lot.randint(1, 99)}",
    }
    do = lot.choice(["look", "keep", "withdraw", "confirm"] if isinstance(thing, Claim) else ["look", "keep"])
    said |= {"timing": "recurrent", "form": "cash", "do": do, "why": "Because.", "key": f"{lot.random()}"}
    return said | {"version": getattr(thing, "version", 0)}


def _on_claim(person: Person, claim: Claim, said: Row) -> bool:
    """Confirming is for finance, all else for plan managers."""
    if said["do"] == "confirm":
        return confirms(person, claim)
    return writes_initiative(person, claim.initiative)


def _changes_claim(person: Person, claim: Claim, said: Row) -> bool:
    """Of an initiative that is over it is only withdrawn, or confirmed."""
    is_left = said["do"] in ("withdraw", "confirm")
    return _on_claim(person, claim, said) if is_left else is_going_on(person, claim.initiative)


def _gate_form(person: Person, thing: Any, lot: Any) -> Row:
    return {
        "do": lot.choice(["shut", "open", "judge", "agree"]),
        "version": 0,
        "why": "Not yet.",
        "post": "Nurse",
    }


def _at_gate(person: Person, initiative: Initiative, said: Row) -> bool:
    """Judging is for plan managers, signing for them and publishers, agreeing for who is clinical."""
    if said["do"] == "judge":
        return writes_initiative(person, initiative)
    if said["do"] == "agree":
        return agrees(person, initiative)
    return signs(person, initiative)


def _return_form(person: Person, thing: Any, lot: Any) -> Row:
    do = lot.choice(["send", "excuse"])
    words = {"words": "Because.", "excuse": lot.choice(["", f"Counted anew {lot.random()}."])}
    return words | {"do": do, "version": lot.randint(0, 2), "why": "Because.", "key": f"{lot.random()}"}


def _returns(person: Person, initiative: Initiative, said: Row) -> bool:
    """Sending in is for plan managers; excusing also for publishers and clinical leads."""
    if said["do"] == "excuse":
        return sees_initiative(person, initiative) and (
            signs(person, initiative) or agrees(person, initiative)
        )
    return writes_initiative(person, initiative)


def _keep_form(person: Person, thing: Any, lot: Any) -> Row:
    return {
        "organisation": lot.choice(["B0", "B3", "S00", "S31"]),
        "month": "2025-07",
        "key": f"{lot.random()}",
    }


AUTHOR, PUBLISHER, ADOPTERS = a(Role.AUTHOR), a(Role.PUBLISHER), a(Role.AUTHOR, Role.PLAN_MANAGER)
EDITS, EDITS_OPEN = of(writes), of(_writes_open)
RULES: dict[str, Rule] = {
    "account/": Rule(get=whoever_is_in),
    "account/sign-in/": Rule(get=everybody, post=everybody),
    "account/code/": Rule(get=everybody, post=everybody, silent=True),
    "account/sign-out/": Rule(post=whoever_is_in),
    "account/register/": Rule(get=everybody, post=everybody),
    "account/forgotten/": Rule(get=everybody, post=everybody),
    "account/letter/<str:token>/": Rule("word"),  # by the token alone: test_web_account
    "account/one-time-codes/": Rule(get=whoever_is_in, post=whoever_is_in),
    "account/one-time-codes/picture.svg": Rule("word"),  # only while codes are set up: test_web_account
    "account/notices/": Rule(get=whoever_is_in),
    "account/notices/read/": Rule(post=whoever_is_in, form=lambda person, thing, lot: {"up_to": "9"}),
    "account/notices/letters/": Rule(
        post=whoever_is_in, form=lambda person, thing, lot: {"letters": lot.choice(["never", "daily"]), "version": 1}
    ),
    "account/letters/stop/<str:token>/": Rule("word"),  # by the token alone: test_web_talk
    "account/people/": Rule(
        get=PUBLISHER, post=PUBLISHER, may=within("organisation", Role.PUBLISHER), form=_invite_form
    ),
    "account/people/<int:number>/withdraw/": Rule(
        "grant", post=of(governs), form=lambda person, thing, lot: {"why": "Left."}
    ),
    "account/tokens/": Rule(get=whoever_is_in, post=whoever_is_in, form=_token_form),
    "account/tokens/<int:number>/withdraw/": Rule("token", post=of(_has_token), silent=True),
    "library/": Rule(get=everybody),
    "library/examples.<slug:kind>": Rule(get=everybody),
    "library/<int:number>/": Rule("example", get=of(sees)),
    "library/<int:number>/example.<slug:kind>": Rule("example", get=of(_carries)),
    "library/assess/": Rule(get=a(Role.ASSESSOR)),
    "library/assess/<int:number>/": Rule(
        "example", get=of(_assess), post=of(_assess), may=of(judges), form=_assess_form
    ),
    "library/assess/<int:number>/result/": Rule("example", get=of(sees_result)),
    "library/decisions/": Rule(get=PUBLISHER),
    "library/decisions/<int:number>/": Rule("example", get=of(decides), post=of(decides), form=_decide_form),
    "library/for/<slug:code>/": Rule("area", get=everybody),
    "library/for/<slug:code>.csv": Rule("area", get=everybody),
    "library/<int:number>/gain/": Rule("example", get=of(published)),
    "library/<int:number>/gain.csv": Rule("example", get=of(published)),
    "library/invitations/<int:number>/decline/": Rule("invitation", post=of(_invited)),
    "library/<int:number>/adopt/": Rule(
        "example",
        get=both(ADOPTERS, of(published)),
        post=both(ADOPTERS, of(published)),
        may=within("organisation", Role.AUTHOR, Role.PLAN_MANAGER),
        form=_adopt_form,
    ),
    "library/<int:number>/adopters/": Rule("example", get=of(_out)),
    "library/<int:number>/adopters.csv": Rule("example", get=of(published)),
    "library/adoptions/<int:number>/": Rule("adoption", get=of(_out_with_its_example)),
    "library/adoptions/<int:number>/take-back/": Rule(
        "adoption", post=both(ADOPTERS, of(keeps_adoption)), form=of_version, silent=True
    ),
    "library/adoptions/<int:number>/stop/": Rule(
        "adoption",
        post=both(ADOPTERS, of(keeps_adoption)),
        form=lambda person, thing, lot: of_version(person, thing, lot) | {"stopped_on": "2026-02-01"},
    ),
    "library/adoptions/<int:number>/result.<slug:kind>": Rule(
        "adoption", get=of(_out_with_its_example)
    ),
    "library/follow/": Rule(post=_follows, may=_follows, form=_follow_form),
    "library/topics/": Rule(get=everybody),
    "library/topics/<slug:indicator>/": Rule("indicator", get=everybody, post=of(_has_a_say), form=_talk_form),
    "library/<int:number>/ask/": Rule(
        "example", get=of(published), post=both(whoever_is_in, of(published)), form=_talk_form
    ),
    "library/threads/<int:number>/": Rule(
        "thread", get=of(reads_thread), post=of(_talks_on), form=_talk_form
    ),
    "library/threads/<int:number>/close/": Rule("thread", post=of(closes), form=of_version),
    "library/threads/<int:number>/open/": Rule("thread", post=of(closes), form=of_version),
    "library/posts/<int:number>/take-down/": Rule("post", get=of(takes_down), post=of(takes_down), form=of_version),
    "library/mine/": Rule(get=whoever_is_in),
    "library/new/": Rule(get=AUTHOR, post=AUTHOR, may=lambda person, thing, said: person.over(
        Organisation.objects.get(pk=said["owner"]).path, Role.AUTHOR), form=_new_form),
    "library/import/": Rule(get=AUTHOR, post=AUTHOR),
    "library/import/<str:token>/": Rule("word"),  # of its sender alone: test_web_import
    "library/import/<str:token>/discard/": Rule("word"),
    "library/<int:number>/edit/": Rule("example", get=EDITS),
    "library/<int:number>/edit/files/": Rule("example", get=EDITS, post=EDITS, may=EDITS_OPEN),
    "library/<int:number>/edit/withdraw/": Rule("example", post=EDITS, may=EDITS_OPEN, form=of_version),
    "library/<int:number>/edit/<slug:key>/": Rule(
        "example",
        get=EDITS,
        post=EDITS,
        may=EDITS_OPEN,
        form=lambda person, thing, lot: of_version(person, thing, lot) | {"problem": f"{canary(thing)} {lot.random()}"},
    ),
    "library/<int:number>/submit/": Rule("example", post=EDITS, may=EDITS_OPEN, form=of_version),
    "library/<int:number>/files/<int:attachment>/": Rule("attachment", get=of_file(_carries)),
    "library/<int:number>/files/<int:attachment>/remove/": Rule(
        "attachment", post=of_file(writes), may=of_file(_writes_open)
    ),
    "library/<int:number>/measure.<slug:kind>": Rule("example", get=of(_has_chart)),
    "delivery/": Rule(get=whoever_is_in),
    "delivery/calendar/": Rule(
        get=whoever_is_in, post=whoever_is_in, form=lambda person, thing, lot: {"do": "make", "key": f"{lot.random()}"}
    ),
    "delivery/milestones.ics": Rule(get=whoever_is_in),  # by a key: test_plan_calendar
    "delivery/plans/new/": Rule(get=whoever_is_in, post=whoever_is_in, may=_plans_there, form=_plan_form),
    "delivery/plans/<int:number>/": Rule("plan", get=of(sees_plan), post=of(_plans_it), form=_title_form),
    "delivery/plans/<int:number>/baseline/": Rule("plan", post=of(_plans_it), form=of_version),
    "delivery/plans/<int:number>/plan.xlsx": Rule("plan", get=of(sees_plan)),
    "delivery/plans/<int:number>/import/": Rule("plan", get=of(_brings), post=of(_brings)),
    "delivery/plans/<int:number>/import/<str:token>/": Rule("word"),  # of its sender alone: test_web_plan_file
    "delivery/plans/<int:number>/import/<str:token>/discard/": Rule("word"),
    "delivery/initiatives/new/": Rule(get=whoever_is_in, post=whoever_is_in, may=_plans_there, form=_plan_form),
    "delivery/initiatives/<int:number>/": Rule(
        "initiative", get=of(sees_initiative), post=of(writes_initiative), may=of(is_going_on), form=_title_form
    ),
    "delivery/initiatives/<int:number>/history/": Rule("initiative", get=of(sees_initiative)),
    "delivery/initiatives/<int:number>/join/": Rule(
        "initiative",
        post=of(writes_initiative),
        may=of(is_going_on),
        form=lambda person, thing, lot: of_version(person, thing, lot) | {"plan": lot.randint(1, 4)},
    ),
    "delivery/initiatives/<int:number>/stop/": Rule(
        "initiative", post=of(writes_initiative), may=of(is_going_on), form=of_version
    ),
    "delivery/initiatives/<int:number>/take-up/": Rule("initiative", post=of(writes_initiative), form=of_version),
    "delivery/initiatives/<int:number>/add/<slug:part>/": Rule(
        "initiative", post=of(writes_initiative), may=of(is_going_on), form=_part_form
    ),
    "delivery/initiatives/<int:number>/gates/<slug:gate>/": Rule(
        "initiative", get=of(sees_initiative), post=_at_gate, form=_gate_form
    ),
    "delivery/returns/": Rule(get=whoever_is_in),
    "delivery/plans/<int:number>/returns/<str:month>/": Rule("plan", post=of(_plans_it), form=of_version),
    "delivery/initiatives/<int:number>/returns/<str:month>/": Rule(
        "initiative", get=of(sees_initiative), post=_returns, form=_return_form
    ),
    "delivery/initiatives/<int:number>/claims/new/": Rule(
        "initiative", get=of(writes_initiative), post=of(writes_initiative), may=of(is_going_on), form=_claim_form
    ),
    "delivery/claims/<int:number>/": Rule(
        "claim", get=of(sees_claim), post=_on_claim, may=_changes_claim, form=_claim_form
    ),
    "delivery/proposals/<int:number>/aside/": Rule("proposal", post=on(writes_initiative), form=of_version),
    "delivery/pools/new/": Rule(get=a(*SEE_DRAFTS), post=a(*SEE_DRAFTS), may=_makes_there, form=_pool_form),
    "delivery/pools/<int:number>/": Rule("pool", get=of(sees_pool), post=of(_makes), form=_pool_form),
    "delivery/pools/<int:number>/costs/": Rule(
        "pool", post=of(_makes), form=lambda person, thing, lot: {"months": "2025-04,9", "why": "Because.", "seen": ""}
    ),
    "delivery/pools/<int:number>/shares/": Rule("pool", post=of(agrees_shares), form=_shares_form),
    "delivery/ledger/": Rule(get=whoever_is_in),
    "delivery/ledger/rows/": Rule(get=whoever_is_in),
    "delivery/ledger/rows.<slug:kind>": Rule(get=whoever_is_in),
    "delivery/overlaps/": Rule(get=whoever_is_in),
    "delivery/overlaps.<slug:kind>": Rule(get=whoever_is_in),
    "delivery/report/": Rule(get=whoever_is_in),
    "delivery/report/keep/": Rule(
        post=a(*SEE_DRAFTS), may=within("organisation", *SEE_DRAFTS), form=_keep_form
    ),
    "delivery/report.<slug:kind>": Rule("word"),  # the page's figures: test_web_report
    "delivery/reports/": Rule(get=whoever_is_in),
    "delivery/reports/<int:number>/": Rule("report", get=of(sees_report)),
    "delivery/reports/<int:number>/sign/": Rule(
        "report", post=of(signs_report),
        form=lambda person, thing, lot: of_version(person, thing, lot) | {"post": "Director"},
    ),
    "delivery/reports/<int:number>.<slug:kind>": Rule("report", get=of(sees_report)),
    "delivery/measures/<int:number>/figures/": Rule(
        "measure", get=on(writes_initiative), post=on(writes_initiative), may=on(is_going_on),
        form=lambda person, thing, lot: {
            "months": f"2026-01,{lot.randint(1, 9)}", "why": "Because.", "seen": figures.stamp(thing),
        },
    ),
    "delivery/measures/<int:number>/figures.csv": Rule("measure", get=on(sees_initiative)),
    "delivery/measures/<int:number>/chart/": Rule("measure", get=on(sees_initiative)),
    "delivery/measures/<int:number>/chart.<slug:kind>": Rule("measure", get=on(sees_initiative)),
    "delivery/measures/<int:number>/usual.<slug:kind>": Rule("measure", get=nobody),  # none there has months before
    "delivery/<slug:part>/<int:number>/": Rule(
        "risk", get=on(writes_initiative), post=on(writes_initiative), may=on(is_going_on), form=_part_form
    ),
}  # fmt: skip
