import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("evidence", "0002_finding"),
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Initiative",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("workstream", models.CharField(blank=True, max_length=60)),
                ("title", models.CharField(max_length=160)),
                ("aim", models.TextField(blank=True)),
                ("owner", models.CharField(blank=True, max_length=120)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("idea", "Idea"),
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("stopped", "Stopped"),
                        ],
                        default="idea",
                        max_length=8,
                    ),
                ),
                ("starts_on", models.DateField(null=True)),
                ("ends_on", models.DateField(null=True)),
                ("confidence", models.PositiveSmallIntegerField(null=True)),
                ("opportunity", models.CharField(blank=True, max_length=120)),
                ("stopped_why", models.TextField(blank=True)),
                ("is_simulated", models.BooleanField(default=False)),
                (
                    "example",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="evidence.example"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="people.organisation"),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Measure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("quality", "Quality"),
                            ("activity", "Activity"),
                            ("workforce", "Workforce"),
                            ("finance", "Finance"),
                        ],
                        max_length=9,
                    ),
                ),
                ("title", models.CharField(max_length=160)),
                ("indicator", models.CharField(blank=True, max_length=80)),
                ("area", models.CharField(blank=True, max_length=20)),
                ("unit", models.CharField(blank=True, max_length=60)),
                (
                    "better",
                    models.CharField(choices=[("lower", "lower"), ("higher", "higher")], max_length=6),
                ),
                ("target_percent", models.FloatField(null=True)),
                ("target", models.FloatField(null=True)),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="measures",
                        to="delivery.initiative",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Cycle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("began_on", models.DateField()),
                ("ended_on", models.DateField(null=True)),
                ("plan", models.TextField(blank=True)),
                ("do", models.TextField(blank=True)),
                ("study", models.TextField(blank=True)),
                ("act", models.TextField(blank=True)),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cycles",
                        to="delivery.initiative",
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to="delivery.measure"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Milestone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("title", models.CharField(max_length=160)),
                ("due_on", models.DateField()),
                ("forecast_on", models.DateField(null=True)),
                ("done_on", models.DateField(null=True)),
                ("owner", models.CharField(blank=True, max_length=120)),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="milestones",
                        to="delivery.initiative",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("year", models.PositiveSmallIntegerField()),
                ("title", models.CharField(max_length=160)),
                ("lead", models.CharField(blank=True, max_length=120)),
                ("baselined_at", models.DateTimeField(null=True)),
                ("is_simulated", models.BooleanField(default=False)),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="people.organisation"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="initiative",
            name="plan",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="initiatives",
                to="delivery.plan",
            ),
        ),
        migrations.CreateModel(
            name="Pool",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("programme", models.CharField(max_length=60)),
                ("cost_line", models.CharField(max_length=80)),
                ("year", models.PositiveSmallIntegerField()),
                ("began_on", models.DateField()),
                ("indicator", models.CharField(blank=True, max_length=80)),
                ("unit_cost_pence", models.BigIntegerField(default=0)),
                ("unit_cost_source", models.CharField(blank=True, max_length=300)),
                ("counting_changed_on", models.DateField(null=True)),
                ("counting_changed_why", models.CharField(blank=True, max_length=400)),
                ("is_simulated", models.BooleanField(default=False)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pools",
                        to="people.organisation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Cost",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("month", models.DateField()),
                ("pence", models.BigIntegerField()),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="costs", to="delivery.pool"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "timing",
                    models.CharField(
                        choices=[("recurrent", "Recurrent"), ("one-off", "One-off")], max_length=9
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("cash", "Cash"),
                            ("cost avoided", "Cost avoided"),
                            ("capacity", "Capacity released"),
                        ],
                        max_length=12,
                    ),
                ),
                ("pence", models.BigIntegerField()),
                ("phasing", models.JSONField()),
                ("share", models.FloatField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_why", models.CharField(blank=True, max_length=400)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="delivery.initiative",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="delivery.pool"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PoolSize",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("release", models.CharField(max_length=60)),
                ("pence", models.BigIntegerField(null=True)),
                ("lower_pence", models.BigIntegerField(null=True)),
                ("upper_pence", models.BigIntegerField(null=True)),
                ("months", models.PositiveSmallIntegerField(default=0)),
                ("last_day", models.DateField(null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sizes", to="delivery.pool"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "timing",
                    models.CharField(
                        choices=[("recurrent", "Recurrent"), ("one-off", "One-off")], max_length=9
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("cash", "Cash"),
                            ("cost avoided", "Cost avoided"),
                            ("capacity", "Capacity released"),
                        ],
                        max_length=12,
                    ),
                ),
                ("pence", models.BigIntegerField()),
                ("source", models.CharField(blank=True, max_length=300)),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="delivery.initiative",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("month", models.DateField()),
                ("release", models.CharField(max_length=60)),
                ("content", models.JSONField()),
                ("made_at", models.DateTimeField()),
                ("signed_at", models.DateTimeField(null=True)),
                ("signed_post", models.CharField(blank=True, max_length=120)),
                ("signed_words", models.TextField(blank=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="made_reports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="people.organisation"),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signed_reports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("month", models.DateField()),
                ("figures", models.JSONField(default=dict)),
                ("words", models.TextField(blank=True)),
                ("excuse", models.TextField(blank=True)),
                ("excused", models.JSONField(default=list)),
                ("sent_in_at", models.DateTimeField(null=True)),
                (
                    "excused_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="excused",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="returns",
                        to="delivery.initiative",
                    ),
                ),
                (
                    "sent_in_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sent_in",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Risk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("title", models.CharField(max_length=300)),
                ("likelihood", models.PositiveSmallIntegerField()),
                ("impact", models.PositiveSmallIntegerField()),
                ("mitigation", models.TextField(blank=True)),
                ("owner", models.CharField(blank=True, max_length=120)),
                ("is_closed", models.BooleanField(default=False)),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="risks",
                        to="delivery.initiative",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Gateway",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("gate", models.CharField(max_length=40)),
                ("quality_impact", models.JSONField(default=dict)),
                ("clinical_post", models.CharField(blank=True, max_length=120)),
                ("clinical_why", models.TextField(blank=True)),
                ("clinical_at", models.DateTimeField(null=True)),
                ("signed_at", models.DateTimeField(null=True)),
                ("is_open", models.BooleanField(default=False)),
                ("why", models.TextField(blank=True)),
                (
                    "clinical_lead",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreed_as_clinical",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "judged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judged",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gateways",
                        to="delivery.initiative",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("initiative", "gate"), name="each_gate_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Figure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("month", models.DateField()),
                ("value", models.FloatField()),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="figures",
                        to="delivery.measure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("measure", "month"), name="one_figure_a_month")
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("token_digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_key",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(fields=("organisation", "year"), name="planned_once_a_year"),
        ),
        migrations.AddConstraint(
            model_name="pool",
            constraint=models.UniqueConstraint(
                fields=("area", "programme", "cost_line", "year"), name="one_pool_each"
            ),
        ),
        migrations.AddConstraint(
            model_name="cost",
            constraint=models.UniqueConstraint(fields=("pool", "month"), name="one_cost_a_month"),
        ),
        migrations.AddConstraint(
            model_name="poolsize",
            constraint=models.UniqueConstraint(fields=("pool", "release"), name="one_size_a_release"),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.UniqueConstraint(fields=("initiative", "month"), name="one_return_a_month"),
        ),
    ]
