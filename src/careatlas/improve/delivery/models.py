"""What a programme office keeps: plans, what is in them, and what is claimed. Every row is changed through
`record.keeping` only; money is whole pence, and the sign of a claim says whether it saves or is spent instead.

Figures that the atlas has are never typed in: a measure names its indicator, a pool what it is worked out from.
"""

from django.db import models

from careatlas.improve.evidence.models import Direction, Example
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record.models import Kept


class Status(models.TextChoices):
    """Where an initiative stands. It starts once its last gateway before the start is signed."""

    IDEA = "idea", "Idea"
    PLANNED = "planned", "Planned"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"


class MeasureKind(models.TextChoices):
    QUALITY = "quality", "Quality"
    ACTIVITY = "activity", "Activity"
    WORKFORCE = "workforce", "Workforce"
    FINANCE = "finance", "Finance"


class Timing(models.TextChoices):
    RECURRENT = "recurrent", "Recurrent"
    ONE_OFF = "one-off", "One-off"


class Form(models.TextChoices):
    CASH = "cash", "Cash"
    COST_AVOIDED = "cost avoided", "Cost avoided"
    CAPACITY = "capacity", "Capacity released"


class Plan(Kept):
    """What an organisation means to do in a financial year (``year``: 2026 is April 2026 to March 2027)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    year = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    lead = models.CharField(max_length=120, blank=True)
    baselined_at = models.DateTimeField(null=True)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "year"), name="planned_once_a_year"),)


class Initiative(Kept):
    """One thing that is done. Without ``plan``: an improvement project, which may join one later. ``workstream``: id in
    content/programmes. ``confidence``: in percent, that it delivers what it plans."""

    plan = models.ForeignKey(Plan, null=True, on_delete=models.PROTECT, related_name="initiatives")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    workstream = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=160)
    aim = models.TextField(blank=True)
    owner = models.CharField(max_length=120, blank=True)  # a name: whoever answers for it
    status = models.CharField(max_length=8, choices=Status, default=Status.IDEA)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    confidence = models.PositiveSmallIntegerField(null=True)
    example = models.ForeignKey(Example, null=True, on_delete=models.PROTECT)  # what it was begun from
    opportunity = models.CharField(max_length=120, blank=True)  # or the key of an option or opportunity
    stopped_why = models.TextField(blank=True)
    is_simulated = models.BooleanField(default=False)


class Milestone(Kept):
    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(max_length=160)
    due_on = models.DateField()
    forecast_on = models.DateField(null=True)
    done_on = models.DateField(null=True)
    owner = models.CharField(max_length=120, blank=True)


class Measure(Kept):
    """What it is seen by: an ``indicator`` of the atlas at ``area``, or, with neither, figures entered by month.
    ``target_percent``: of business as usual (-10 is a tenth less); ``target``: a value to reach."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="measures")
    kind = models.CharField(max_length=9, choices=MeasureKind)
    title = models.CharField(max_length=160)
    indicator = models.CharField(max_length=80, blank=True)
    area = models.CharField(max_length=20, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    better = models.CharField(max_length=6, choices=Direction)
    target_percent = models.FloatField(null=True)
    target = models.FloatField(null=True)


class Figure(Kept):
    """A month of a measure that the atlas does not have."""

    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, related_name="figures")
    month = models.DateField()  # its first day
    value = models.FloatField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("measure", "month"), name="one_figure_a_month"),)


class Risk(Kept):
    """``likelihood`` and ``impact``: 1 to 5."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="risks")
    title = models.CharField(max_length=300)
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    mitigation = models.TextField(blank=True)
    owner = models.CharField(max_length=120, blank=True)
    is_closed = models.BooleanField(default=False)


class Cycle(Kept):
    """Plan, do, study, act: once round, on one measure."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="cycles")
    measure = models.ForeignKey(Measure, null=True, on_delete=models.SET_NULL)
    began_on = models.DateField()
    ended_on = models.DateField(null=True)
    plan = models.TextField(blank=True)
    do = models.TextField(blank=True)
    study = models.TextField(blank=True)
    act = models.TextField(blank=True)


class Gateway(Kept):
    """A gate (id in content/delivery/gates) that somebody opened or kept shut, with what was thought of quality:
    ``quality_impact``: domain -> {"likelihood": 1 to 5, "impact": -5 to 5, "words": ...}, judged by ``judged_by``. A
    ``clinical_lead``, where the harm asks for one, is somebody else, and says in which post they agree, and why."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="gateways")
    gate = models.CharField(max_length=40)
    quality_impact = models.JSONField(default=dict)
    judged_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="judged")
    clinical_lead = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="agreed_as_clinical"
    )
    clinical_post = models.CharField(max_length=120, blank=True)
    clinical_why = models.TextField(blank=True)
    clinical_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    signed_at = models.DateTimeField(null=True)
    is_open = models.BooleanField(default=False)
    why = models.TextField(blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("initiative", "gate"), name="each_gate_once"),)


class Proposal(Kept):
    """Money that was named before there is a pool to draw on, such as what an example cost elsewhere: a claim is made
    of it, or it is put aside. It counts nowhere. ``pence`` as in a claim."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="proposals")
    timing = models.CharField(max_length=9, choices=Timing)
    form = models.CharField(max_length=12, choices=Form)
    pence = models.BigIntegerField()
    source = models.CharField(max_length=300, blank=True)


class Pool(Kept):
    """What was saved, whoever saved it: area x programme x cost line x year, business as usual less what was seen. With
    ``indicator``: its count at ``area``, at ``unit_cost_pence`` each (0: the indicator is itself in pounds); without,
    figures of cost entered by month. No two pools hold the same: see `ledger.pools`."""

    area = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="pools")
    programme = models.CharField(max_length=60)
    cost_line = models.CharField(max_length=80)
    year = models.PositiveSmallIntegerField()
    began_on = models.DateField()  # from here on it is compared with the months before
    indicator = models.CharField(max_length=80, blank=True)
    unit_cost_pence = models.BigIntegerField(default=0)
    unit_cost_source = models.CharField(max_length=300, blank=True)
    counting_changed_on = models.DateField(null=True)
    counting_changed_why = models.CharField(max_length=400, blank=True)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("area", "programme", "cost_line", "year"), name="one_pool_each"),
        )


class Cost(Kept):
    """A month of a pool whose cost the atlas does not have."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="costs")
    month = models.DateField()
    pence = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("pool", "month"), name="one_cost_a_month"),)


class PoolSize(models.Model):
    """What a release makes of a pool; whole pence, null where it cannot be told. ``reason``: why it cannot, or, where
    it can, the change of counting for which it cannot be evidenced."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="sizes")
    release = models.CharField(max_length=60)
    pence = models.BigIntegerField(null=True)
    lower_pence = models.BigIntegerField(null=True)
    upper_pence = models.BigIntegerField(null=True)
    months = models.PositiveSmallIntegerField(default=0)  # of the year, with figures
    last_day = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("pool", "release"), name="one_size_a_release"),)


class Claim(Kept):
    """What an initiative says it saves of a pool in its year, or spends instead (``pence`` below 0: reprovision).
    ``phasing``: twelve numbers, April first, whole pence that add up to it. ``share``: as agreed with the others."""

    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT, related_name="claims")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="claims")
    timing = models.CharField(max_length=9, choices=Timing)
    form = models.CharField(max_length=12, choices=Form)
    pence = models.BigIntegerField()
    phasing = models.JSONField()
    share = models.FloatField(null=True)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="confirmed")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_why = models.CharField(max_length=400, blank=True)  # which budget line fell


class Return(Kept):
    """What is said of an initiative for a month: what data cannot tell. ``figures``: claim -> ``{"actual": pence from
    April to the month's end, "outturn": pence of the whole year}`` as its owner sees them, None where nothing is known;
    ``excuse``: why quality that got worse, or is missing, does not count against it, and who says so; ``excused``: of
    which measures, by number."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="returns")
    month = models.DateField()
    figures = models.JSONField(default=dict)
    words = models.TextField(blank=True)
    excuse = models.TextField(blank=True)
    excused = models.JSONField(default=list)
    excused_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="excused")
    sent_in_at = models.DateTimeField(null=True)
    sent_in_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="sent_in")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("initiative", "month"), name="one_return_a_month"),)


class Report(Kept):
    """A report card as it was: printed again, it says the same. ``content``: all that it shows."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    month = models.DateField()
    release = models.CharField(max_length=60)
    content = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="made_reports")
    signed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="signed_reports")
    signed_at = models.DateTimeField(null=True)
    signed_post = models.CharField(max_length=120, blank=True)
    signed_words = models.TextField(blank=True)


class CalendarKey(Kept):
    """What opens a person's calendar of milestones, and nothing else. Only its hash is kept."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_key")
    token_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
