"""The world that people walk in: things of every kind and stage, the same in two places.

Each thing's words hold its *canary*, so that an answer gives away whose words are in it.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from careatlas.improve.delivery.models import (
    Claim,
    Initiative,
    Measure,
    MeasureKind,
    Milestone,
    Plan,
    Pool,
    Proposal,
    Report,
    Return,
    Risk,
    Status,
)
from careatlas.improve.delivery.reporting.card import card_for_readers
from careatlas.improve.evidence.models import (
    Adoption,
    Assessment,
    Attachment,
    Example,
    Invitation,
    Post,
    Stage,
    Thread,
    Token,
)
from careatlas.improve.evidence.writing.files import FOLDER
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Grant, Organisation, Role, User
from careatlas.improve.record import keeping
from walkers.people import HERE, HOUSES, THERE, Person, everybody_there, made

INDICATOR = "completed"
GATES = ("savings", "quality", "evidence", "implementability")
KINDS = {
    "example": Example, "attachment": Attachment, "thread": Thread, "post": Post, "adoption": Adoption,
    "grant": Grant, "token": Token, "invitation": Invitation,
    "plan": Plan, "initiative": Initiative, "risk": Risk, "measure": Measure, "return": Return, "report": Report,
    "pool": Pool, "claim": Claim, "milestone": Milestone, "proposal": Proposal,
}  # fmt: skip


def canary(row: Any) -> str:
    return f"zq_{row._meta.model_name}_{row.pk}_qz"


class World:
    """``things``: by kind, their keys; what they are is read anew at each move."""

    def __init__(self, release: Any) -> None:
        self.home = release.folder.parent.parent
        organisations.take_from(release)
        self.people = [Person("anonymous", None), Person("nobody", made("nobody")), *everybody_there()]
        self.things: dict[str, list[Any]] = {
            "": [None], "area": [HERE, THERE], "indicator": [INDICATOR], "word": [],
        }  # fmt: skip
        authors = {place: self._named(f"author of {HOUSES[place]}").user for place in HOUSES}
        judged = [made(name, (Role.ASSESSOR, place)) for name, place in (("first", "B1"), ("second", "B2"))]
        for place, author in authors.items():
            for stage in ("draft", "submitted", "published", "withdrawn", "taken_back"):
                self._example(place, author, stage, judged)
            self._besides(place, author)
            self._plans(HOUSES[place], author)
            self._reports(HOUSES[place], author, release)

    def thing(self, kind: str, key: Any) -> Any:
        """The row as it stands; None where a move took it away."""
        model = KINDS.get(kind)
        return key if model is None else model.objects.filter(pk=key).first()

    def keys(self, kind: str) -> list[Any]:
        """Of all things of a kind: those the world began with, and those that moves have made."""
        model = KINDS.get(kind)
        return (
            self.things[kind]
            if model is None
            else list(model.objects.order_by("pk").values_list("pk", flat=True))
        )

    def _named(self, name: str) -> Person:
        return next(person for person in self.people if person.name == name)

    def _add(self, kind: str, row: Any) -> Any:
        self.things.setdefault(kind, []).append(row.pk)
        return row

    def _example(self, place: str, author: User, stage: str, judged: list[User]) -> None:
        was_out = stage in ("published", "withdrawn")
        example = keeping.create(
            Example, author.email, "the world", owner=Organisation.objects.get(pk=place), author=author,
            stage=Stage.WITHDRAWN if stage == "taken_back" else stage, title="-", problem="-",
            round=1 if was_out or stage == "submitted" else 0, round_decided=1 if was_out else 0,
            published_at=timezone.now() if was_out else None, rating="recommended" if was_out else "",
            indicator=INDICATOR, area=place, starts_on=date(2025, 9, 1), direction="higher", summary="-",
        )  # fmt: skip
        Example.objects.filter(pk=example.pk).update(
            title=f"Of {canary(example)}", problem=canary(example), summary=canary(example)
        )
        self._add("example", example)
        for assessor in judged if was_out else judged[:1] if stage == "submitted" else ():
            row = keeping.create(
                Assessment, assessor.email, "the world", example=example, round=1, assessor=assessor,
                scores=dict.fromkeys(GATES, 3), handed_in_at=timezone.now(),
            )  # fmt: skip
            Assessment.objects.filter(pk=row.pk).update(comments=dict.fromkeys(GATES, canary(row)))
        self._attachment(example, author)
        if was_out:
            self._thread(author, example=example, indicator=INDICATOR)
        if stage == "published":
            for code in ("B1", "B0" if place == THERE else "B3"):
                self._adoption(example, author, code)

    def _attachment(self, example: Example, author: User) -> None:
        text, digest = canary(example).encode(), f"{example.pk:064d}"
        (self.home / FOLDER).mkdir(parents=True, exist_ok=True)
        (self.home / FOLDER / digest).write_bytes(text)
        self._add(
            "attachment",
            keeping.create(
                Attachment, author.email, "the world", example=example, name="notes.txt", sha256=digest,
                size_bytes=len(text),
            ),
        )  # fmt: skip

    def _thread(self, author: User, **of: Any) -> None:
        thread = self._add(
            "thread", keeping.create(Thread, author.email, "the world", title="Asked", opened_by=author, **of)
        )
        post = keeping.create(Post, author.email, "the world", thread=thread, author=author, text="-")
        Post.objects.filter(pk=post.pk).update(text=canary(post))
        self._add("post", post)

    def _adoption(self, example: Example, author: User, code: str) -> None:
        self._add(
            "adoption",
            keeping.create(
                Adoption, author.email, "the world", example=example, user=author, fixed_in="000001",
                organisation=Organisation.objects.get(pk=code), starts_on=date(2025, 10, 1),
                fixed_at=datetime(2025, 9, 1, tzinfo=UTC), known_until=date(2025, 8, 31),
            ),
        )  # fmt: skip

    def _plans(self, code: str, author: User) -> None:
        """A draft and a plan that is fixed, with ideas and what is planned; and a project without a plan."""
        of = {"organisation": Organisation.objects.get(pk=code)}
        draft = self._titled(Plan, author, year=2026, **of)
        fixed = self._titled(Plan, author, year=2025, baselined_at=timezone.now(), **of)
        pool = self._named_in(
            "unit_cost_source", Pool, author, area=of["organisation"], programme="planned_care", year=2025,
            cost_line="maternity", began_on=date(2025, 4, 1), indicator=INDICATOR, unit_cost_pence=100,
        )  # fmt: skip
        for plan, status in (
            (draft, Status.PLANNED),
            (fixed, Status.PLANNED),
            (fixed, Status.IDEA),
            (None, Status.IDEA),
        ):
            initiative = self._titled(Initiative, author, plan=plan, status=status, **of)
            if status == Status.PLANNED:
                self._titled(Risk, author, initiative=initiative, likelihood=1, impact=1)
                self._titled(Milestone, author, initiative=initiative, due_on=date(2026, 5, 1))
                seen_by = {"kind": MeasureKind.QUALITY, "unit": "falls", "better": "lower"}
                self._titled(Measure, author, initiative=initiative, **seen_by)
                self._return(initiative, author)
                self._money(pool, initiative, author)

    def _money(self, pool: Pool, initiative: Initiative, author: User) -> None:
        """What is claimed, and what was proposed and is not yet."""
        said = {"initiative": initiative, "timing": "recurrent", "form": "cash"}
        claimed = {"pool": pool, "pence": 1200, "phasing": [100] * 12, "confirmed_at": None}
        self._named_in("confirmed_why", Claim, author, **said, **claimed)
        self._named_in("source", Proposal, author, **said, pence=-1200)

    def _return(self, initiative: Initiative, author: User) -> None:
        """Of the month whose address `moves` walks to."""
        row = keeping.create(
            Return, author.email, "the world", initiative=initiative, month=date(initiative.plan.year, 4, 1),
            sent_in_at=timezone.now(), sent_in_by=author,
        )  # fmt: skip
        Return.objects.filter(pk=row.pk).update(words=canary(row))
        self._add("return", row)

    def _reports(self, code: str, author: User, release: Any) -> None:
        """One that was kept, and one that is signed, too."""
        organisation, month = Organisation.objects.get(pk=code), date(2025, 7, 1)
        content = card_for_readers(release, organisation, month)
        for signed_at in (None, timezone.now()):
            row = keeping.create(
                Report, author.email, "the world", organisation=organisation, month=month, release=release.id,
                content=content, made_at=timezone.now(), made_by=author, signed_at=signed_at,
                signed_by=author if signed_at else None,
            )  # fmt: skip
            named = {"code": code, "name": canary(row)}
            Report.objects.filter(pk=row.pk).update(content=content | {"organisation": named})
            self._add("report", row)

    def _titled(self, model: Any, author: User, /, **fields: Any) -> Any:
        return self._named_in("title", model, author, **fields)

    def _named_in(self, field: str, model: Any, author: User, /, **fields: Any) -> Any:
        """A row whose ``field`` is its canary."""
        row = keeping.create(model, author.email, "the world", **({field: "-"} | fields))
        model.objects.filter(pk=row.pk).update(**{field: canary(row)})
        return self._add(model._meta.model_name, row)

    def _besides(self, place: str, author: User) -> None:
        organisation = Organisation.objects.get(pk=place)
        self._thread(author, indicator=INDICATOR, organisation=organisation)
        self._thread(author, indicator=INDICATOR)
        self._add(
            "invitation",
            keeping.create(
                Invitation, "the release", "the world", organisation=organisation, indicator=INDICATOR,
                change_start=date(2025, 9, 1), percent=9.0, percent_lower=4.0, percent_upper=14.0, release="1",
            ),
        )  # fmt: skip
        quiet = made(f"quiet.{place.lower()}", (Role.READER, place))  # does nothing: their name is on no page
        granted = self._add("grant", Grant.objects.get(user=quiet))
        User.objects.filter(pk=quiet.pk).update(name=canary(granted))
        token = keeping.create(
            Token, author.email, "the world", user=author, name="-", token_digest=place * 10,
            expires_at=timezone.now() + timedelta(days=9),
        )  # fmt: skip
        Token.objects.filter(pk=token.pk).update(name=canary(token))
        self._add("token", token)
