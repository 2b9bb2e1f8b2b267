"""Each kind of page of plans and savings, as whoever may see it: under axe, at two widths."""

import pytest
from journey_server import Site
from journey_steps import objections

pytestmark = pytest.mark.journey
PAGE_KINDS = {  # whose page it is, and where
    "delivery": ("plan.manager", "/delivery/"),
    "delivery of a reader": ("reader", "/delivery/"),
    "new plan": ("plan.manager", "/delivery/plans/new/"),
    "plan": ("plan.manager", "/delivery/plans/{plan}/"),
    "plan of a nation's lead": ("programme.lead", "/delivery/plans/{plan}/"),
    "new initiative": ("plan.manager", "/delivery/initiatives/new/?plan={plan}"),
    "initiative from an example": ("plan.manager", "/delivery/initiatives/new/?example={published}"),
    "initiative from an opportunity": ("plan.manager", "/delivery/initiatives/new/?opportunity={opportunity}"),
    "initiative": ("plan.manager", "/delivery/initiatives/{initiative}/"),
    "initiative for a reader": ("reader", "/delivery/initiatives/{initiative}/"),
    "initiative that was stopped": ("plan.manager", "/delivery/initiatives/{stopped}/"),
    "idea": ("plan.manager", "/delivery/initiatives/{idea}/"),
    "what was changed": ("plan.manager", "/delivery/initiatives/{initiative}/history/"),
    "gate that is open": ("plan.manager", "/delivery/initiatives/{initiative}/gates/case/"),
    "gate to judge": ("plan.manager", "/delivery/initiatives/{initiative}/gates/close/"),
    "milestone": ("plan.manager", "/delivery/milestones/{milestone}/"),
    "measure": ("plan.manager", "/delivery/measures/{measure}/"),
    "measure's chart": ("plan.manager", "/delivery/measures/{measure}/chart/"),
    "chart of figures entered": ("plan.manager", "/delivery/measures/{entered}/chart/"),
    "figures entered": ("plan.manager", "/delivery/measures/{entered}/figures/"),
    "risk": ("plan.manager", "/delivery/risks/{risk}/"),
    "cycle": ("plan.manager", "/delivery/cycles/{cycle}/"),
    "new pool": ("plan.manager", "/delivery/pools/new/"),
    "pool": ("plan.manager", "/delivery/pools/{pool}/"),
    "pool of an indicator": ("finance.assurer", "/delivery/pools/{pool_of_indicator}/"),
    "new claim": ("plan.manager", "/delivery/initiatives/{initiative}/claims/new/"),
    "claim": ("plan.manager", "/delivery/claims/{claim}/"),
    "claim to confirm": ("finance.assurer", "/delivery/claims/{claim}/"),
    "ledger": ("plan.manager", "/delivery/ledger/"),
    "ledger of the nation by board": ("programme.lead", "/delivery/ledger/?by=board"),
    "rows of the ledger": ("plan.manager", "/delivery/ledger/rows/"),
    "overlaps": ("programme.lead", "/delivery/overlaps/"),
    "returns": ("plan.manager", "/delivery/returns/"),
    "return": ("plan.manager", "/delivery/initiatives/{initiative}/returns/{month}/"),
    "report card": ("plan.manager", "/delivery/report/?organisation={board}&month={month}"),
    "report card of the nation": ("programme.lead", "/delivery/report/?month={month}"),
    "reports": ("plan.manager", "/delivery/reports/"),
    "spreadsheet to bring in": ("plan.manager", "/delivery/plans/{plan}/import/"),
    "calendar": ("plan.manager", "/delivery/calendar/"),
}  # fmt: skip


@pytest.fixture
def site(library_site) -> Site:
    """The simulated country, where plans are."""
    return library_site


@pytest.mark.parametrize("kind", PAGE_KINDS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser, site, session_of, known, kind):
    who, address = PAGE_KINDS[kind]
    session = session_of(who)
    for width in (1280, 320):
        found = objections(browser, site, address.format(**known), width, storage_state=session)
        assert found == [], f"{width} wide"
