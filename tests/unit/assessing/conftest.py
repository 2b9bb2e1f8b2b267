"""One example of the board B0, and who meets it: its author, three assessors of other houses, a publisher."""

from datetime import UTC, datetime

import pytest
from assessing_small import MAY, Measured, small_country, submitted
from authored import person
from django.utils import timezone

from careatlas.improve.evidence.assessing import deciding
from careatlas.improve.people.models import Role


@pytest.fixture(autouse=True)
def country(db):
    small_country()


@pytest.fixture
def clock(monkeypatch):
    """It is noon of 15 June 2026."""
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 6, 15, 12, tzinfo=UTC))


@pytest.fixture
def author(country):
    return person("author", (Role.AUTHOR, "B0"))


@pytest.fixture
def ann(country):
    return person("ann", (Role.ASSESSOR, "B1"))


@pytest.fixture
def ben(country):
    return person("ben", (Role.ASSESSOR, "SIM"))


@pytest.fixture
def cas(country):
    return person("cas", (Role.ASSESSOR, "B2"))


@pytest.fixture
def pat(country):
    """A publisher of the country."""
    return person("pat", (Role.PUBLISHER, "SIM"))


@pytest.fixture
def example(author):
    return submitted(author)


@pytest.fixture
def release():
    """Nothing but its id is asked for, because what is measured of it is set by the test."""
    return MAY


@pytest.fixture
def measured(monkeypatch):
    """What the atlas would measure, and how it was asked."""
    asked = []

    def measure(release, indicator, area, starts_on, direction, *, fixed_before):
        asked.append((indicator, area, starts_on, direction, fixed_before))
        return Measured(effect.verdict, effect.percent, release.id)

    effect = Measured()
    effect.asked = asked
    monkeypatch.setattr(deciding.effect, "measure", measure)
    return effect
