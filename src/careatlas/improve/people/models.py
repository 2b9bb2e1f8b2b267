"""People, organisations, what a person may do in one, and the letters that let them in."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.crypto import salted_hmac

from careatlas.improve.record.models import Kept


class Role(models.TextChoices):
    """What a person may do, in one organisation and all below it."""

    READER = "reader", "Reader"
    AUTHOR = "author", "Author"
    ASSESSOR = "assessor", "Assessor"
    PLAN_MANAGER = "plan_manager", "Plan manager"
    FINANCE_ASSURER = "finance_assurer", "Finance assurer"
    PUBLISHER = "publisher", "Publisher"


class Kind(models.TextChoices):
    """What an organisation is; the first five come with releases, the others are entered."""

    NATIONAL = "national", "National"
    REGION = "region", "Region"
    BOARD = "board", "Board"
    SUB_AREA = "sub_area", "Sub-area"
    TRUST = "trust", "Trust or other provider"
    SITE = "site", "Site or team"
    NETWORK = "network", "Primary care network"
    PRACTICE = "practice", "Practice"


class Organisation(Kept):
    """``path`` is the codes from the country down, each with a stroke behind it: ``ENG/Y60/QOP/``. An organisation
    lies in another where its path starts with the other's."""

    code = models.CharField(primary_key=True, max_length=20)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="parts")
    path = models.CharField(max_length=200, db_index=True)
    is_current = models.BooleanField(default=True)  # false: no longer in the release, kept for what it wrote

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser, Kept):
    """A person. There is no superuser: the command line invites the first publisher.

    ``epoch`` goes up when their rights change, which ends every session they have. ``last_code``: the last one-time
    code's half minute, so that none is taken twice."""

    email = models.EmailField(unique=True)  # as given, in lower case
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    epoch = models.PositiveIntegerField(default=0)
    one_time_secret = models.CharField(max_length=64, blank=True)
    last_code = models.BigIntegerField(default=0)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ("name",)
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name

    def get_session_auth_hash(self) -> str:
        return salted_hmac(
            "careatlas.session", f"{self.password}{self.epoch}", algorithm="sha256"
        ).hexdigest()


class Grant(Kept):
    """A role a person has in an organisation and all below it. ``is_claimed``: they said so themselves at
    registering, and nobody has confirmed it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    is_claimed = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "role", "organisation"), name="role_granted_once"),
        )


class Letter(Kept):
    """A link sent to an address: to join with a role, or to choose a new password. Only its hash is kept."""

    email = models.EmailField()
    token_digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=20, choices=Role, blank=True)  # none: a new password
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT)
    is_claimed = models.BooleanField(default=False)
    name = models.CharField(max_length=120, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
