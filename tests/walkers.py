"""People of every role, things of every stage in two places, and what each person may reach: told here a second time,
in its own words, so that the pages can be held against it.

A *move* is one request: a person, an address, a thing, a verb. `faults_of` says what was wrong with it: an answer that
should not have come, words of somebody else's in it, or a change that was not theirs to make.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone

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
from careatlas.improve.people import organisations, roles
from careatlas.improve.people.models import Grant, Organisation, Role, User
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry
from careatlas.web import sign_in
from careatlas.web.urls import authored

HERE, THERE = "S00", "S31"  # parts of two boards, in two regions
HOUSES = {HERE: "B0", THERE: "B3"}
CANARY = re.compile(r"zq([a-z]+)(\d+)zq")
SIGN_IN = "/account/sign-in/"
ANSWERED, REFUSED = {200, 302, 303, 409, 410, 422}, 404
INDICATOR = "completed"
WITH_GAP = ("S00", "S05")  # as the small release has it: low for long, where higher may be wished for
GATES = ("savings", "quality", "evidence", "implementability")
Row = dict[str, Any]
MADE: Counter[str] = Counter()  # moves by verb, and how many of them changed something


# People


@dataclass
class Person:
    """``user`` is None for whoever has not signed in."""

    name: str
    user: User | None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    epoch: int = -1

    @property
    def key(self) -> int:
        return self.user.pk if self.user else 0  # nobody's

    def grants(self) -> list[Grant]:
        return list(Grant.objects.filter(user=self.key).select_related("organisation"))

    def has(self, *wanted: Role) -> bool:
        return any(grant.role in wanted for grant in self.grants())

    def over(self, path: str, *wanted: Role) -> bool:
        """Whether one of the roles, or without any whatever role, reaches a place. What somebody only claimed at
        registering reaches the one place they named."""
        return any(
            (grant.role in wanted or not wanted)
            and (
                path == grant.organisation.path
                if grant.is_claimed
                else path.startswith(grant.organisation.path)
            )
            for grant in self.grants()
        )

    def publishes(self) -> bool:
        """For the whole country."""
        return self.over("SIM/", Role.PUBLISHER)

    def be_in(self) -> None:
        """Sign in, and again where a change of rights has ended the session."""
        if self.user is None:
            return
        self.user = User.objects.get(pk=self.user.pk)
        cookie = self.client.cookies.get("sessionid")
        if self.epoch == self.user.epoch and cookie is not None and cookie.value:
            return
        self.client.force_login(self.user, backend="careatlas.web.sign_in.ByPassword")
        session = self.client.session
        session[sign_in.SIGNED_IN_AT] = time.time()
        session.save()
        self.epoch = self.user.epoch


# What each may: of examples


def house_of(path: str) -> str:
    """The board or the trust that a place lies in; nothing for regions and the country. Trusts lie in a region here."""
    codes = path.strip("/").split("/")
    return "/".join(codes[:3]) if len(codes) >= 3 else ""


def writes(person: Person, example: Example) -> bool:
    """An author's side, whoever of them began it."""
    return person.over(example.owner.path, Role.AUTHOR)


def is_open(example: Example) -> bool:
    return example.stage in (Stage.DRAFT, Stage.RETURNED)


def is_public(example: Example) -> bool:
    return example.stage == Stage.PUBLISHED or (
        example.stage == Stage.WITHDRAWN and example.published_at is not None
    )


def is_in_round(example: Example) -> bool:
    return example.stage == Stage.SUBMITTED or (
        example.stage == Stage.PUBLISHED and example.round > example.round_decided
    )


def judges(person: Person, example: Example) -> bool:
    """An assessor of another house who did not write it, while a round is open."""
    if not person.has(Role.ASSESSOR) or example.author_id == person.key or not is_in_round(example):
        return False
    for grant in person.grants():
        own = house_of(grant.organisation.path)
        if (own and own == house_of(example.owner.path)) or grant.organisation_id == example.owner_id:
            return False
    return True


def decides(person: Person, example: Example) -> bool:
    """A publisher of the country who neither wrote nor scored it, once it was handed in."""
    if not person.publishes() or example.author_id == person.key:
        return False
    scored = Assessment.objects.filter(example=example, round=example.round, assessor=person.key)
    return (example.stage == Stage.SUBMITTED or is_public(example)) and not scored.exists()


def sees(person: Person, example: Example) -> bool:
    if is_public(example):
        return True
    if person.user is None:
        return False
    return (
        example.author_id == person.key
        or writes(person, example)
        or person.over(example.owner.path, Role.PUBLISHER)
        or judges(person, example)
        or decides(person, example)
    )


def sees_scores(person: Person, assessment: Assessment) -> bool:
    """One's own; others' once two are in, and then by whom the rules of assessing name."""
    example = assessment.example
    if assessment.assessor_id == person.key:
        return True
    of_round = Assessment.objects.filter(example=example, round=assessment.round)
    if (
        assessment.handed_in_at is None
        or of_round.filter(is_third=False, handed_in_at__isnull=False).count() < 2
    ):
        return False
    if example.stage == Stage.PUBLISHED and assessment.round == example.round_decided:
        return True
    if person.user is None:
        return False
    is_owners = example.author_id == person.key or person.over(
        example.owner.path, Role.AUTHOR, Role.PUBLISHER
    )
    return (
        (assessment.round <= example.round_decided and is_owners)
        or of_round.filter(assessor=person.key).exists()
        or decides(person, example)
    )


def sees_result(person: Person, example: Example) -> bool:
    own = Assessment.objects.filter(example=example, handed_in_at__isnull=False)
    return any(sees_scores(person, one) for one in own)


# What each may: of conversations, adoptions, people


def reads_thread(person: Person, thread: Thread) -> bool:
    if thread.example_id is not None:
        return is_public(thread.example)
    if thread.organisation_id is None:
        return True
    if person.user is None:
        return False
    return (
        person.over(thread.organisation.path)
        or person.publishes()
        or person.over(thread.organisation.path, Role.PUBLISHER)
        or thread.posts.filter(author=person.key).exists()
    )


def moderates(person: Person, thread: Thread) -> bool:
    over = thread.example.owner if thread.example_id else thread.organisation
    return person.publishes() or (over is not None and person.over(over.path, Role.PUBLISHER))


def closes(person: Person, thread: Thread) -> bool:
    return reads_thread(person, thread) and (thread.opened_by_id == person.key or moderates(person, thread))


def takes_down(person: Person, post: Post) -> bool:
    return reads_thread(person, post.thread) and (
        post.author_id == person.key or moderates(person, post.thread)
    )


def keeps_adoption(person: Person, adoption: Adoption) -> bool:
    return person.over(adoption.organisation.path, Role.AUTHOR, Role.PLAN_MANAGER)


def governs(person: Person, grant: Grant) -> bool:
    return person.over(grant.organisation.path, Role.PUBLISHER)


# The canaries: whose words may be in an answer to whom

SEEN_BY: dict[str, tuple[Any, Callable[[Person, Any], bool]]] = {
    "example": (Example, sees),
    "assessment": (Assessment, sees_scores),
    "post": (Post, lambda person, post: reads_thread(person, post.thread)),
    "grant": (Grant, governs),
    "token": (Token, lambda person, token: token.user_id == person.key),
}


def canary(row: Any) -> str:
    return f"zq{row._meta.model_name}{row.pk}zq"


# The world


class World:
    """``things``: by kind, their keys; what they are is read anew at each move."""

    def __init__(self, release: Any) -> None:
        self.home = release.folder.parent.parent
        organisations.take_from(release)
        self.people = [Person("anonymous", None), Person("nobody", _user("nobody")), *_people()]
        self.things: dict[str, list[Any]] = {
            "": [None], "area": [HERE, THERE], "indicator": [INDICATOR], "word": [],
        }  # fmt: skip
        authors = {place: self._named(f"author of {HOUSES[place]}").user for place in HOUSES}
        judged = [_user(name, (Role.ASSESSOR, place)) for name, place in (("first", "B1"), ("second", "B2"))]
        for place, author in authors.items():
            for stage in ("draft", "submitted", "published", "withdrawn", "taken_back"):
                self._example(place, author, stage, judged)
            self._besides(place, author)

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
        quiet = _user(
            f"quiet.{place.lower()}", (Role.READER, place)
        )  # does nothing: their name is on no page
        granted = self._add("grant", Grant.objects.get(user=quiet))
        User.objects.filter(pk=quiet.pk).update(name=canary(granted))
        token = keeping.create(
            Token, author.email, "the world", user=author, name="-", token_digest=place * 10,
            expires_at=timezone.now() + timedelta(days=9),
        )  # fmt: skip
        Token.objects.filter(pk=token.pk).update(name=canary(token))
        self._add("token", token)


KINDS = {
    "example": Example, "attachment": Attachment, "thread": Thread, "post": Post, "adoption": Adoption,
    "grant": Grant, "token": Token, "invitation": Invitation,
}  # fmt: skip


def _user(name: str, *granted: tuple[Role, str], claimed: bool = False) -> User:
    user = keeping.create(User, "the world", "the world", email=f"{name}@nhs.test", name=name.capitalize())
    for role, code in granted:
        roles.grant(user, role, Organisation.objects.get(pk=code), "the world", "the world", claimed)
    return User.objects.get(pk=user.pk)


def _people() -> Iterator[Person]:
    for role in Role:
        for code in HOUSES.values():
            yield Person(f"{role.value} of {code}", _user(f"{role.value}.{code.lower()}", (role, code)))
    for role in (Role.ASSESSOR, Role.PUBLISHER):
        yield Person(f"{role.value} of all", _user(f"{role.value}.sim", (role, "SIM")))
    yield Person("author by claim", _user("claimed", (Role.AUTHOR, "SIM"), claimed=True))


# The rules, an address each


May = Callable[["Person", Any, Row], bool]  # a person, a thing, what the form says


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
    "library/<int:number>/files/<int:attachment>/": Rule("attachment", get=of_file(sees)),
    "library/<int:number>/files/<int:attachment>/remove/": Rule(
        "attachment", post=of_file(writes), may=of_file(_writes_open)
    ),
    "library/<int:number>/measure.<slug:kind>": Rule("example", get=of(sees)),
}  # fmt: skip


def addresses(of: list[Any] = authored, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every address with its view, from the resolver."""
    for each in of:
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, above + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield above + str(each.pattern), each.callback


# A move


class Move(NamedTuple):
    person: Person
    address: str
    thing: Any
    verb: str
    said: Row

    def __str__(self) -> str:
        return f"{self.person.name}: {self.verb} {self.address} of {self.thing!r} {getattr(self.thing, 'stage', '')}"


def path_of(address: str, thing: Any) -> str:
    """An address with its blanks filled in."""
    number = thing.example_id if isinstance(thing, Attachment) else getattr(thing, "pk", thing)
    filled = address.replace("<int:number>", str(number))
    for blank, word in (
        ("<int:attachment>", getattr(thing, "pk", "")),
        ("<slug:code>", thing),
        ("<slug:indicator>", thing),
        ("<slug:key>", "problem"),
        ("<slug:kind>", "json"),
        ("<str:token>", thing),
    ):
        filled = filled.replace(blank, str(word))
    assert "<" not in filled, address
    return f"/{filled}"


def moved(world: World, move: Move) -> list[str]:
    """Make the move, and say what was wrong with it."""
    rule, person = RULES[move.address], move.person
    wanted = rule.get if move.verb == "get" else rule.post
    asked = (person, move.thing, move.said)
    is_allowed = wanted is not None and wanted(*asked)
    may = is_allowed and move.verb == "post" and (rule.may or wanted)(*asked)
    before = Entry.objects.count()
    person.be_in()
    answer = getattr(person.client, move.verb)(path_of(move.address, move.thing), move.said)
    MADE[move.verb] += 1
    faults = _faults_of_status(rule, move, wanted, is_allowed, answer)
    written = [entry for entry in Entry.objects.filter(number__gt=before) if person.user]
    MADE["changed"] += bool(written)
    if written and not may:
        faults.append(f"{move}: changed {[(entry.kind, entry.key) for entry in written]}")
    faults += [f"{move}: who wrote was {one.who}" for one in written if one.who != person.user.email]
    return faults + faults_of_words(move, person, answer)


def random_move(world: World, lot: Any) -> list[str]:
    """By anybody, or by somebody who may, to anywhere, of anything that is still there."""
    walked = [address for address, rule in RULES.items() if rule.get or rule.post]
    address = lot.choice(walked)
    rule = RULES[address]
    thing = world.thing(rule.thing, lot.choice(world.keys(rule.thing)))
    if thing is None and rule.thing:  # a move took it away
        return []
    verb = lot.choice([verb for verb in ("get", "post") if getattr(rule, verb)])
    person = lot.choice(world.people)
    if lot.random() < 0.5:
        wanted = getattr(rule, verb)
        form = rule.form(person, thing, lot) if verb == "post" else {}
        person = lot.choice([one for one in world.people if wanted(one, thing, form)] or [person])
    said = rule.form(person, thing, lot) if verb == "post" else {}
    return moved(world, Move(person, address, thing, verb, said))


def walked(world: World, lot: Any, steps: int) -> list[str]:
    """One walk: a few moves by whoever, each on what those before it left; then all is undone."""
    faults = []
    with transaction.atomic():
        for _ in range(steps):
            faults += random_move(world, lot)
        transaction.set_rollback(True)
    for person in world.people:
        person.epoch = -1  # rights and sessions are as they were
    return faults


def _faults_of_status(rule: Rule, move: Move, wanted: Any, is_allowed: bool, answer: Any) -> list[str]:
    status, to = answer.status_code, answer.headers.get("Location", "")
    if wanted is None:
        return [] if status == 405 else [f"{move}: {status}, not 405"]
    if rule.silent and status in (302, 303):
        return []
    if is_allowed:
        return (
            [] if status in ANSWERED and not to.startswith(SIGN_IN) else [f"{move}: {status}, not answered"]
        )
    is_refused = status == REFUSED or to.startswith(SIGN_IN)
    return [] if is_refused else [f"{move}: {status}, not refused"]


def faults_of_words(what: object, person: Person, answer: Any) -> list[str]:
    """Words of things that the person may not see."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    faults = []
    for kind, key in set(CANARY.findall(body.decode("utf-8", "replace"))):
        model, may_see = SEEN_BY[kind]
        row = model.objects.filter(pk=key).first()
        if row is not None and not may_see(person, row):
            faults.append(f"{what}: shows {kind} {key}")
    return faults
