"""What the library keeps. Every row is changed through `record.keeping` only; money is whole pounds.

Figures are never typed in: a measured effect is taken from a release and says which.
"""

from django.db import models

from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record.models import Kept


class Stage(models.TextChoices):
    """Where an example stands. Only *published* is seen by everybody."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "With the assessors"
    RETURNED = "returned", "Returned to its author"
    PUBLISHED = "published", "Published"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Verdict(models.TextChoices):
    """*Proven* is decided by the measured effect, never by claim."""

    PROPOSED = "proposed", "Proposed"
    PROVEN = "proven", "Proven"


class Direction(models.TextChoices):
    LOWER = "lower", "lower"
    HIGHER = "higher", "higher"


class Example(Kept):
    """What somebody did. Sections are Markdown. ``indicator``, ``area``, ``starts_on`` and ``direction`` are what it is
    measured by; ``fixed_at`` and ``fixed_in``: when, and in which release, they were fixed, and ``known_until``: the
    last day that release had figures for. Measured later than that, nobody can have chosen them by the result."""

    owner = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    author = models.ForeignKey(User, on_delete=models.PROTECT)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.DRAFT)
    title = models.CharField(max_length=160)
    summary = models.CharField(max_length=600, blank=True)
    setting = models.CharField(max_length=40, blank=True)  # content/library/settings: hospital, community ...
    programme = models.CharField(max_length=60, blank=True)  # id in content/programmes
    workstreams = models.JSONField(default=list)  # ids in content/programmes
    problem = models.TextField(blank=True)
    what_was_done = models.TextField(blank=True)
    quality_effect = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    implementation = models.TextField(blank=True)
    enablers = models.TextField(blank=True)
    how_measured = models.TextField(blank=True)
    how_money_is_realised = models.TextField(blank=True)
    who_should_consider = models.TextField(blank=True)
    cost_to_start_gbp = models.BigIntegerField(null=True)
    cost_a_year_gbp = models.BigIntegerField(null=True)
    saving_cash_gbp = models.BigIntegerField(null=True)  # a year, as claimed
    saving_cost_avoided_gbp = models.BigIntegerField(null=True)
    saving_capacity_gbp = models.BigIntegerField(null=True)
    indicator = models.CharField(max_length=80, blank=True)
    area = models.CharField(max_length=20, blank=True)
    starts_on = models.DateField(null=True)
    direction = models.CharField(max_length=6, choices=Direction, blank=True)
    fixed_at = models.DateTimeField(null=True)
    fixed_in = models.CharField(max_length=60, blank=True)
    known_until = models.DateField(null=True)
    round = models.PositiveSmallIntegerField(default=0)  # of assessment: 1 at the first submission
    round_decided = models.PositiveSmallIntegerField(default=0)  # the last round that a publisher decided
    submitted_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    review_due = models.DateField(null=True)
    overall = models.FloatField(null=True)  # 0 to 100, of the last finished round
    rating = models.CharField(max_length=20, blank=True)  # highly_recommended, recommended or none
    verdict = models.CharField(max_length=8, choices=Verdict, default=Verdict.PROPOSED)
    effect = models.JSONField(null=True)  # what `effect` measured, as it was when the verdict was given
    comment = models.TextField(blank=True)  # to the author when returned; to readers when withdrawn
    is_simulated = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=("stage", "programme")), models.Index(fields=("indicator",)))


class Attachment(Kept):
    """A file of an example, kept under its checksum; handed out only as a download."""

    example = models.ForeignKey(Example, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()


class Assessment(Kept):
    """One assessor's scores in one round; nobody but they see them until as many are in as the round takes."""

    example = models.ForeignKey(Example, on_delete=models.CASCADE, related_name="assessments")
    round = models.PositiveSmallIntegerField()
    assessor = models.ForeignKey(User, on_delete=models.PROTECT)
    is_third = models.BooleanField(default=False)  # called in because two disagreed: their scores stand
    scores = models.JSONField(default=dict)  # gate -> 0 to 4
    comments = models.JSONField(default=dict)  # gate -> words
    comment = models.TextField(blank=True)
    handed_in_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("example", "round", "assessor"), name="assessed_once_a_round"),
        )


class Adoption(Kept):
    """An organisation that does the same, from a day on; the atlas measures what comes of it. ``effect``: what was
    measured in the newest release. One that has a result is never taken away: it may only stop."""

    example = models.ForeignKey(Example, on_delete=models.PROTECT, related_name="adoptions")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    starts_on = models.DateField()
    note = models.TextField(blank=True)
    fixed_at = models.DateTimeField()
    fixed_in = models.CharField(max_length=60)
    known_until = models.DateField(null=True)
    effect = models.JSONField(null=True)
    stopped_on = models.DateField(null=True)
    stopped_why = models.TextField(blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("example", "organisation"), name="adopted_once"),)


class Invitation(Kept):
    """An improvement that the atlas found, and whom it asks to write it up; pre-fills the form."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    indicator = models.CharField(max_length=80)
    change_start = models.DateField()
    percent = models.FloatField()
    percent_lower = models.FloatField()
    percent_upper = models.FloatField()
    release = models.CharField(max_length=60)
    example = models.ForeignKey(Example, null=True, on_delete=models.SET_NULL)  # what came of it
    is_declined = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "indicator", "change_start"), name="invited_once"
            ),
        )


class Thread(Kept):
    """A conversation: of an example, of a topic (an indicator), or of a peer group (a topic and an area's peers)."""

    example = models.ForeignKey(Example, null=True, on_delete=models.CASCADE, related_name="threads")
    indicator = models.CharField(max_length=80, blank=True)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT)  # whose peers, if any
    title = models.CharField(max_length=160)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT)
    opened_at = models.DateTimeField(auto_now_add=True)
    is_closed = models.BooleanField(default=False)


class Post(Kept):
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="posts")
    author = models.ForeignKey(User, on_delete=models.PROTECT)
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    is_taken_down = models.BooleanField(default=False)  # the words stay in the record
    taken_down_why = models.CharField(max_length=400, blank=True)  # said to readers in place of the words


class Follow(Kept):
    """What a person wants to hear of: an example, a thread, or whatever is new on an indicator or a search."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="follows")
    kind = models.CharField(max_length=12)  # example, thread, indicator, search
    key = models.CharField(max_length=200)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "kind", "key"), name="followed_once"),)
        indexes = (models.Index(fields=("kind", "key")),)


class Notice(models.Model):
    """A line that a person is told, in the atlas and, if they asked, in a letter a day or a week."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    text = models.CharField(max_length=300)
    address = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("user", "seen_at")),)


class Preference(Kept):
    """How often letters come: never, unless a person asked for them."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preference")
    letters = models.CharField(max_length=6, default="never")  # never, daily, weekly
    last_letter_at = models.DateTimeField(null=True)


class Token(Kept):
    """A key for the API. Only its hash is kept; it may do what its owner may, or only read."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    token_digest = models.CharField(max_length=64, unique=True)
    may_write = models.BooleanField(default=False)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
