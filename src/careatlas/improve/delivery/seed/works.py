"""What boards of the simulated country do to save, and which cost lines they save on. Made up, all of it."""

from typing import NamedTuple

from careatlas.improve.delivery.models import Form, Timing


class Line(NamedTuple):
    """Where a pool's figures come from: the count of an ``indicator`` at a unit cost or, without one, costs by month
    that finance enters."""

    programme: str
    indicator: str = ""
    unit_cost_pence: int = 0


class Work(NamedTuple):
    """``quality``: the indicator that must not get worse. ``believes``: the share of its line's yearly cost that its
    people think they save; ``spends``: the share that they spend, in cash, on what takes its place."""

    title: str
    workstream: str
    aim: str
    line: str
    quality: str
    believes: float
    form: Form
    risk: str
    mitigation: str
    timing: Timing = Timing.RECURRENT
    spends: float = 0.0


LINES = {
    "accident_and_emergency": Line("urgent_and_emergency_care", "ae_attendances_at_boards", 16_000),
    "emergency_admissions": Line("productive_care", "delayed_discharges", 38_000),
    "primary_care_medicines": Line("medicine_use_and_procurement", "broad_spectrum_antibiotics", 12_000),
    "temporary_staff": Line("workforce"),
    "goods_and_services": Line("procurement"),
    "continuing_care": Line("long_term_conditions"),
}
UNIT_COST_SOURCE = "Made up for the simulated country"

SAME_DAY_CARE = Work(
    "Same-day care beside A&E", "urgent_and_emergency_care",
    "People who need a scan and a plan, and no bed, go straight to a unit of eight chairs. A tenth fewer wait in A&E "
    "than would have without it.",
    "accident_and_emergency", "ae_four_hours_at_boards", 0.06, Form.CAPACITY,
    "Chairs fill with people who wait for a bed.", "The site manager clears them at eight and at four.",
)  # fmt: skip
OWN_STAFF = Work(
    "Own staff before agency", "workforce",
    "Open shifts are offered to our own staff three weeks ahead. Agency is asked only after that, by a named manager.",
    "temporary_staff", "within_18_weeks", 0.16, Form.CASH,
    "Shifts stay empty because nobody may ask an agency.",
    "The nurse in charge may ask at any hour, and says so next day.", spends=0.01,
)  # fmt: skip
ONE_ROTA = Work(
    "One rota for four hospitals", "workforce",
    "Doctors' rotas are planned together, so that one hospital's gap is filled by another's spare shift.",
    "temporary_staff", "within_18_weeks", 0.12, Form.COST_AVOIDED,
    "Travel between hospitals eats up the shift.", "Nobody is sent further than forty minutes.",
)  # fmt: skip
ONE_PRICE = Work(
    "One price for everyday goods", "procurement",
    "Gloves, drapes and dressings are bought from one list, chosen by those who use them.",
    "goods_and_services", "within_18_weeks", 0.08, Form.CASH,
    "A supplier cannot deliver and operations are put off.", "Two suppliers on every line; stock for ten days.",
)  # fmt: skip
WORKS = (
    SAME_DAY_CARE,
    OWN_STAFF,
    Work(
        "Advice before A&E, day and night", "urgent_and_emergency_care",
        "Whoever rings first speaks to a clinician within the hour, and goes to A&E only if that is the right place.",
        "accident_and_emergency", "ae_four_hours_at_boards", 0.05, Form.CAPACITY,
        "Somebody is told to stay at home who should have come.",
        "Every tenth call is listened to by a second clinician.",
    ),
    ONE_ROTA,
    Work(
        "Going home planned on the first day", "productive_care",
        "A likely day is written down on admission, and care at home is asked for then, so that fewer days are waited.",
        "emergency_admissions", "community_over_18_weeks_adults", 0.1, Form.CAPACITY,
        "People go home before they are well enough.", "A nurse rings on the second day; who comes back is counted.",
    ),
    ONE_PRICE,
    Work(
        "Care packages looked at again, sooner", "long_term_conditions",
        "Every package is reviewed after six weeks with the person and the family, and once a year from then on.",
        "continuing_care", "community_over_18_weeks_adults", 0.07, Form.CASH,
        "A package is cut that was needed.", "No package falls without the person's own nurse agreeing.",
    ),
    Work(
        "The right antibiotic for the right time", "medicine_use_and_procurement",
        "Practices see their own prescribing beside others' every month, and a pharmacist rings those who ask.",
        "primary_care_medicines", "long_courses_for_urinary_infection", 0.05, Form.COST_AVOIDED,
        "An infection is treated too narrowly.", "A microbiologist answers within the hour.",
    ),
)  # fmt: skip
STOPPED = Work(
    "One help desk for all trusts", "back_office",
    "Staff ring one number for computers, pay and rooms.",
    "goods_and_services", "within_18_weeks", 0.02, Form.CASH,
    "Nobody knows the wards' own machines any more.", "One person on each site stays.", Timing.ONE_OFF,
)  # fmt: skip
WHY_STOPPED = (
    "The two systems cannot be joined before the contract of one ends. It cost more than it would have saved."
)
IDEA = Work(
    "Letters on paper only for those who ask", "technology",
    "Appointment letters go by message; whoever wants paper gets paper.",
    "goods_and_services", "within_18_weeks", 0.015, Form.CASH,
    "People without a telephone miss their appointment.", "Everybody is asked once, by post.",
)  # fmt: skip
OWNERS = (
    "Dr Ama Tolvar", "Ren Oskell", "Dr Ilse Fyre", "Joss Marrim", "Nadi Quell", "Dr Peran Solk", "Una Thessel",
    "Corin Vade", "Dr Hesta Brill", "Lio Anverd",
)  # fmt: skip
DOMAIN_WORDS = (
    "No change that anybody expects.",
    "Somewhat quicker for most; asked of forty patients before it began.",
    "More work in the first weeks, looked at every Friday.",
)
RETURN_WORDS = (
    "Two posts were filled later than planned, so that savings began a month late.",
    "The unit was shut for a week for repairs.",
    "Ahead of plan: the second hospital joined early.",
)
COST_WORDS = {
    "temporary_staff": "What temporary staff cost",
    "goods_and_services": "What goods and services cost",
    "continuing_care": "What continuing care costs",
}
CYCLE = {
    "plan": "Try it on one ward for four weeks. We expect no more complaints than before.",
    "do": "Done on one ward and, from the third week, on two.",
    "study": "As many complaints as before; staff asked for a shorter form.",
    "act": "Kept, with a form of one page. Next: the other hospital.",
}
AGREED = {
    "clinical_post": "Medical director",
    "clinical_why": "The nurse in charge may ask for agency at any hour: that is enough, and we look at it every week.",
}
WHY_CONFIRMED = "The budget for agency shifts was cut in April by the sum claimed, and was not overspent."
SHARE_OF_CASH = 0.6
WHY_SHARED = "Agreed between both teams in May, before anybody saw a figure."
WHY_PUT_OFF = "The new list of goods begins a month later, with the suppliers' year."
PROJECT = Work(
    "Ringing people the day before", "planned_care",
    "Fewer than nine appointments in a hundred are missed, by the end of the year.",
    "", "", 0.0, Form.CAPACITY,
    "People are rung who asked not to be.", "Whoever asks is taken off the list the same day.",
)  # fmt: skip
PROJECT_CYCLES = (
    {
        "plan": "Ring everybody of one clinic. We expect that half of those who would have stayed away say so.",
        "do": "One clerk rang 140 people in two weeks; every fifth did not answer.",
        "study": "Nine of 140 stayed away, and fifteen would have been usual.",
        "act": "Kept. Next: a message first, and a call only to who does not answer it.",
    },
    {
        "plan": "A message first. We expect as few missed, and half the calls.",
        "do": "Done in three clinics. One list of numbers was out of date.",
        "study": "As few missed; a third of the calls.",
        "act": "Kept, and taken to all clinics.",
    },
)


def is_cheap(work: Work) -> bool:
    """Whether its pool needs no cost by month, or the one that every board has."""
    return work.line == OWN_STAFF.line or bool(LINES[work.line].indicator)
