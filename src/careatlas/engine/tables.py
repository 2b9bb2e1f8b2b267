"""Every table of the atlas: its columns, their units, and what one row is.

Two families. *Tidied tables* are what sources make of publishers' files, one Parquet file per publisher's file.
*Release tables* are what a build publishes and every face reads. A column not named here does not exist.

Missing values are null in every table, never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

TEXT, WHOLE, NUMBER, DAY, TRUTH = pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.bool_()


@dataclass(frozen=True)
class Column:
    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """One table's declaration.

    ``key`` columns identify a row: a repeated key is a damaged file. ``measures`` are the columns that may be
    summed. ``area_columns`` says which column holds the code of each area type. ``edition`` columns say what one
    file is an edition of: of two files with equal edition values, the later one supersedes. A table of events or
    of days carries ``day`` instead of period_start and period_end; its rows are grouped into an indicator's
    periods when counted. ``person`` marks record-level tables: repeat events of one person are not independent.
    ``restricted`` tables pass disclosure control before anything derived from them is published.
    """

    name: str
    one_row_is: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    area_columns: Mapping[str, str] = field(default_factory=dict)
    edition: tuple[str, ...] = ("period_end",)
    day: str | None = None
    age: str | None = None
    person: str | None = None
    restricted: bool = False

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, column.type) for column in self.columns])


PERIOD = (
    Column("period_start", DAY, "first day the figure covers"),
    Column("period_end", DAY, "last day the figure covers"),
)


def _measure(name: str, meaning: str, unit: str) -> Column:
    return Column(name, NUMBER, meaning, unit)


_TIDIED = [
    Table(
        "area_list",
        "an area in a vintage, as a look-up or a publication names it",
        (
            Column("code", TEXT, "ODS code where the area has one, else the publisher's code"),
            Column("name", TEXT, "the name people use"),
            Column("official_name", TEXT, "the publisher's full name"),
            Column("area_type", TEXT, "sub_icb, icb, region, provider or practice"),
            Column("parent_code", TEXT, "code of the area one level up (ODS or ONS); null where not stated"),
            Column("ons_code", TEXT, "ONS nine-character code; null where not stated"),
            Column("vintage", WHOLE, "year of the look-up; the latest wins"),
        ),
        edition=(),
    ),
    Table(
        "place_names",
        "a place name and an area that serves it",
        (
            Column("place", TEXT, "name of a council, town, hospital"),
            Column("kind", TEXT, "council, town, hospital ..."),
            Column("area", TEXT, "code of the area (ODS or ONS)"),
            Column("area_type", TEXT, "type of that area"),
            Column("share", NUMBER, "part of the place that lies in the area, 0 to 1"),
        ),
        edition=(),
    ),
    Table(
        "trust_boards",
        "a trust and a board its patients come from",
        (
            Column("provider", TEXT, "ODS code of the trust"),
            Column("icb", TEXT, "code of the board (ODS or ONS)"),
            Column("share", NUMBER, "share of the trust's patients who come from the board, 0 to 1"),
        ),
        key=("provider", "icb"),
        edition=(),
    ),
    Table(
        "boundaries",
        "an area's outline",
        (
            Column("area_type", TEXT, "sub_icb, icb or region"),
            Column("ons_code", TEXT, "ONS code"),
            Column("code", TEXT, "ODS code where the name carries it; else null"),
            Column("name", TEXT, "name as published"),
            Column("vintage", WHOLE, "year of the boundaries"),
            Column("longitude", NUMBER, "of the area's label point", "degrees, WGS 84"),
            Column("latitude", NUMBER, "of the area's label point", "degrees, WGS 84"),
            Column("geometry", TEXT, "GeoJSON geometry, WGS 84, as published"),
        ),
        key=("area_type", "ons_code", "vintage"),
        edition=("area_type", "vintage"),
    ),
    Table(
        "rtt",
        "referral-to-treatment pathways of one commissioner, provider, part and specialty in a month",
        (
            *PERIOD,
            Column("provider", TEXT, "ODS code; null in commissioner workbooks"),
            Column("commissioner", TEXT, "ODS code of the commissioner, area or not"),
            Column(
                "part",
                TEXT,
                "completed_admitted, completed_non_admitted, incomplete, "
                "incomplete_with_decision_to_admit (a subset of incomplete) or new_periods",
            ),
            Column("specialty", TEXT, "treatment function code without prefix (100, 101 ... X06), or total"),
            _measure("pathways", "all pathways, unknown clock starts included", "pathways"),
            _measure(
                "known_clock_start", "pathways with a known clock start; null where not published", "pathways"
            ),
            _measure("within_18_weeks", "of those, waits up to 18 weeks", "pathways"),
            _measure("over_52_weeks", "of those, waits over 52 weeks", "pathways"),
            _measure("over_65_weeks", "of those, waits over 65 weeks; null in older layouts", "pathways"),
            _measure("over_78_weeks", "of those, waits over 78 weeks; null in older layouts", "pathways"),
            _measure("over_104_weeks", "of those, waits over 104 weeks; null in older layouts", "pathways"),
        ),
        key=("period_end", "provider", "commissioner", "part", "specialty"),
        measures=(
            "pathways",
            "known_clock_start",
            "within_18_weeks",
            "over_52_weeks",
            "over_65_weeks",
            "over_78_weeks",
            "over_104_weeks",
        ),
        area_columns={"sub_icb": "commissioner", "provider": "provider"},
        edition=("period_end", "part"),
    ),
    Table(
        "rtt_submitters",
        "a provider that reported referral-to-treatment waits in a month",
        (
            *PERIOD,
            Column("provider", TEXT, "ODS code"),
            Column("provider_name", TEXT, "name as published"),
            _measure("over_18_weeks", "people waiting over 18 weeks, all specialties", "pathways"),
        ),
        key=("period_end", "provider"),
        area_columns={"provider": "provider"},
    ),
    Table(
        "population",
        "residents of one area, sex and year of age at mid-year",
        (
            *PERIOD,
            Column("edition", TEXT, "mid_2022"),
            Column("sub_icb", TEXT, "ODS code"),
            Column("sex", TEXT, "female or male"),
            Column("age", WHOLE, "single year; 90 stands for 90 and over", "years"),
            _measure("people", "residents", "people"),
        ),
        key=("edition", "sub_icb", "sex", "age"),
        measures=("people",),
        area_columns={"sub_icb": "sub_icb"},
        edition=("edition",),
        age="age",
    ),
    Table(
        "need_weights",
        "people registered with a practice, weighted by one kind of need",
        (
            *PERIOD,
            Column("edition", TEXT, "2023_2024"),
            Column("practice", TEXT, "ODS code"),
            Column("sub_icb", TEXT, "ODS code"),
            Column(
                "need",
                TEXT,
                "registered (unweighted), general_and_acute, community, mental_health, maternity, "
                "health_inequalities, prescribing, overall, primary_medical_care, overall_primary_medical_care",
            ),
            _measure("weighted_population", "people, weighted; rescaled to the registered total", "people"),
        ),
        key=("edition", "practice", "need"),
        measures=("weighted_population",),
        area_columns={"sub_icb": "sub_icb"},
        edition=("edition",),
    ),
    Table(
        "prescribing",
        "one prescribing measure in one area and month",
        (
            *PERIOD,
            Column("measure", TEXT, "the measure's id (broad_spectrum, saba ...)"),
            Column("area", TEXT, "ODS code of a sub-ICB location, open or closed"),
            _measure("numerator", "as the measure defines it", "as defined"),
            _measure("denominator", "as the measure defines it", "as defined"),
        ),
        key=("period_end", "measure", "area"),
        measures=("numerator", "denominator"),
        area_columns={"sub_icb": "area"},
        edition=("period_end", "measure"),
    ),
    Table(
        "gp_payments",
        "NHS payments to one practice in a financial year",
        (
            *PERIOD,
            Column("practice", TEXT, "ODS code"),
            Column("sub_icb", TEXT, "ODS code"),
            _measure("payments", "total NHS payments to general practice", "pounds"),
            _measure("registered_patients", "last known number", "people"),
            _measure("weighted_patients", "last known number", "people"),
            _measure(
                "payment_per_registered_patient",
                "payments divided by registered patients; missing below 1,000 patients",
                "pounds per patient",
            ),
        ),
        key=("period_end", "practice"),
        measures=("payments", "registered_patients", "weighted_patients", "payment_per_registered_patient"),
        area_columns={"sub_icb": "sub_icb"},
    ),
    Table(
        "fingertips",
        "one Fingertips indicator in one area, sex, age and period",
        (
            *PERIOD,
            Column("indicator_id", WHOLE, "Fingertips indicator number"),
            Column("indicator_name", TEXT, "as published"),
            Column("area_type", TEXT, "country, region, icb, sub_icb, or the publisher's own words"),
            Column("area", TEXT, "ODS code where the name carries one, else ONS code without its leading n"),
            Column("sex", TEXT, "persons, female or male"),
            Column("age", TEXT, "as published"),
            _measure("count", "numerator", "as defined"),
            _measure("denominator", "denominator", "people"),
            _measure("value", "as published", "as defined"),
            _measure("lower_95", "as published", "as defined"),
            _measure("upper_95", "as published", "as defined"),
            Column("value_note", TEXT, "the publisher's note; null where none"),
        ),
        key=("indicator_id", "area_type", "area", "sex", "age", "period_end"),
        measures=("count", "denominator"),
        area_columns={"sub_icb": "area", "icb": "area", "region": "area"},
        edition=("indicator_id", "period_end"),
    ),
    Table(
        "accident_emergency",
        "A&E activity of one provider in a month",
        (
            *PERIOD,
            Column("provider", TEXT, "ODS code"),
            _measure("attendances", "all types, booked appointments included", "attendances"),
            _measure("attendances_type_1", "type 1 departments, booked appointments included", "attendances"),
            _measure(
                "attendances_timed",
                "attendances whose four-hour wait was reported: null where it was not",
                "attendances",
            ),
            _measure(
                "within_four_hours",
                "of those, done within four hours; null where not reported",
                "attendances",
            ),
            _measure("over_four_hours", "of those, over four hours; null where not reported", "attendances"),
            _measure("emergency_admissions", "all emergency admissions", "admissions"),
            _measure("waited_4_to_12_hours", "from decision to admit to admission", "patients"),
            _measure("waited_over_12_hours", "from decision to admit to admission", "patients"),
        ),
        key=("period_end", "provider"),
        measures=(
            "attendances",
            "attendances_type_1",
            "attendances_timed",
            "within_four_hours",
            "over_four_hours",
            "emergency_admissions",
            "waited_4_to_12_hours",
            "waited_over_12_hours",
        ),
        area_columns={"provider": "provider"},
    ),
    Table(
        "talking_therapies",
        "NHS talking therapies (IAPT) activity of one area in a month, counts rounded to 5 by the publisher",
        (
            *PERIOD,
            Column("sub_icb", TEXT, "ONS code of the 2022 sub-ICB location, or ODS code"),
            _measure("referrals_received", "referrals received", "referrals"),
            _measure("accessing_services", "people accessing services", "people"),
            _measure("ended_referrals", "referrals that ended", "referrals"),
            _measure("finished_course", "people who finished a course of treatment", "people"),
            _measure("recovery_percent", "as published", "percent"),
            _measure("reliable_recovery_percent", "as published", "percent"),
        ),
        key=("period_end", "sub_icb"),
        measures=("referrals_received", "accessing_services", "ended_referrals", "finished_course"),
        area_columns={"sub_icb": "sub_icb"},
    ),
    Table(
        "delayed_discharges",
        "patients in hospital who no longer need to be, in one board on one day",
        (
            Column("day", DAY, "the day counted"),
            Column("icb", TEXT, "code of the board (ODS or ONS)"),
            _measure(
                "no_longer_meet_criteria_to_reside", "patients who remain without clinical need", "patients"
            ),
        ),
        key=("day", "icb"),
        measures=("no_longer_meet_criteria_to_reside",),
        area_columns={"icb": "icb"},
        edition=("day",),
        day="day",
    ),
    Table(
        "discharges",
        "patients discharged in one board on one day",
        (
            Column("day", DAY, "the day counted"),
            Column("icb", TEXT, "code of the board (ODS or ONS)"),
            _measure("discharged", "patients discharged", "patients"),
            _measure(
                "discharged_by_17",
                "of those, before or at 17:00; null where the split was not published",
                "patients",
            ),
        ),
        key=("day", "icb"),
        measures=("discharged", "discharged_by_17"),
        area_columns={"icb": "icb"},
        edition=("day",),
        day="day",
    ),
    Table(
        "trust_discharges",
        "patients discharged from one trust on one day",
        (
            Column("day", DAY, "the day counted"),
            Column("provider", TEXT, "ODS code"),
            _measure("discharged", "patients discharged", "patients"),
            _measure(
                "discharged_by_17",
                "of those, before or at 17:00; null where the split was not published",
                "patients",
            ),
        ),
        key=("day", "provider"),
        measures=("discharged", "discharged_by_17"),
        area_columns={"provider": "provider"},
        edition=("day",),
        day="day",
    ),
    Table(
        "delayed_discharge_reasons",
        "patients of one trust whose discharge was delayed for one reason in a month",
        (
            *PERIOD,
            Column("provider", TEXT, "ODS code"),
            Column("reason", TEXT, "the reason as published, with an en dash after its group"),
            _measure(
                "patients",
                "patients delayed: the month's level as published, not a sum of its days",
                "patients",
            ),
        ),
        key=("period_end", "provider", "reason"),
        measures=("patients",),
        area_columns={"provider": "provider"},
    ),
    Table(
        "hospital_episodes",
        "one hospital admission of one person (record level)",
        (
            Column("person", TEXT, "pseudonym; equal for every admission of one person"),
            Column("age", WHOLE, "on admission", "years"),
            Column("sex", TEXT, "female or male"),
            Column("sub_area", TEXT, "code of the sub-ICB location of residence"),
            Column("admission_date", DAY, "date of admission"),
            Column("discharge_date", DAY, "date of discharge"),
            Column("emergency", TRUTH, "whether the admission was an emergency"),
            Column("diagnosis", TEXT, "main diagnosis, ICD-10 three characters"),
            _measure("admissions", "always 1: what is summed", "admissions"),
        ),
        measures=("admissions",),
        area_columns={"sub_icb": "sub_area"},
        edition=("admission_date",),
        day="admission_date",
        age="age",
        person="person",
        restricted=True,
    ),
]

TIDIED: dict[str, Table] = {table.name: table for table in _TIDIED}

_KEYS = (
    Column("indicator", TEXT, "the indicator's id"),
    Column("area_type", TEXT, "the area type's id"),
    Column("area", TEXT, "ODS code of the area; ENG for the whole country"),
    *PERIOD,
)

_RELEASE = [
    Table(
        "areas",
        "an area in a vintage",
        (
            Column("code", TEXT, "ODS code"),
            Column("name", TEXT, "the name people use"),
            Column("official_name", TEXT, "the publisher's full name"),
            Column("area_type", TEXT, "the area type's id"),
            Column("parent_code", TEXT, "code of the area one level up"),
            Column("ons_code", TEXT, "ONS code; null where there is none"),
            Column("valid_from", DAY, "first day of the vintage; null: not stated"),
            Column("valid_to", DAY, "last day of the vintage; null: still valid"),
            Column("longitude", NUMBER, "of the label point; null without a boundary", "degrees"),
            Column("latitude", NUMBER, "of the label point; null without a boundary", "degrees"),
            Column("hex_q", WHOLE, "column on the equal-area hexagon map (axial); null without one"),
            Column("hex_r", WHOLE, "row on the equal-area hexagon map (axial); null without one"),
        ),
        key=("code", "area_type"),
    ),
    Table(
        "area_changes",
        "an old area's part in a new one",
        (
            Column("old", TEXT, "code no longer in use"),
            Column("new", TEXT, "code that took its place"),
            Column("from", DAY, "first day of the new code; null where the look-ups do not say"),
            Column("weight", NUMBER, "share of the old area's people who live in the new one, 0 to 1"),
            Column("basis", TEXT, "what shows it, in a sentence"),
            Column("exact", TRUTH, "whether every count can be restated without estimating"),
        ),
        key=("old", "new"),
    ),
    Table(
        "area_names",
        "a name by which a reader may look for an area",
        (
            Column("name", TEXT, "area, council, town, hospital or trust name"),
            Column("kind", TEXT, "area, council, town, hospital, alias"),
            Column("area", TEXT, "code of the area it leads to"),
            Column("area_type", TEXT, "type of that area"),
            Column(
                "share", NUMBER, "part of the place that lies in the area; null where it is the area itself"
            ),
        ),
    ),
    Table(
        "values",
        "indicator x area x period x stratum",
        (
            *_KEYS,
            Column("sex", TEXT, "persons, female or male"),
            Column("age_band", TEXT, "all, or the band"),
            Column("count", NUMBER, "the numerator: what is counted"),
            Column("denominator", NUMBER, "among whom or what"),
            Column("expected", NUMBER, "events at the reference rates; null where the method has none"),
            Column("value", NUMBER, "the answer, in the indicator's unit; null where missing or hidden"),
            Column("lower_95", NUMBER, "95 % lower limit"),
            Column("upper_95", NUMBER, "95 % upper limit"),
            Column("lower_998", NUMBER, "99.8 % lower limit"),
            Column("upper_998", NUMBER, "99.8 % upper limit"),
            Column("status", TEXT, "reported, zero, missing, incomplete or hidden"),
            Column("note", TEXT, "why, in a sentence; null where there is nothing to say"),
        ),
        key=("indicator", "area_type", "area", "period_end", "sex", "age_band"),
    ),
    Table(
        "comparisons",
        "a value held against one benchmark",
        (
            *_KEYS,
            Column("benchmark", TEXT, "national, parent or standard"),
            Column("benchmark_name", TEXT, "England, the parent's name, or the standard's title"),
            Column("benchmark_value", NUMBER, "the benchmark's value in the indicator's unit"),
            Column("difference", NUMBER, "value minus benchmark"),
            Column("z", NUMBER, "difference in standard errors, chance alone"),
            Column("z_adjusted", NUMBER, "the same with over-dispersion added; national benchmark only"),
            Column(
                "significance",
                TEXT,
                "better, worse (where the indicator has a direction), higher, lower, similar, or not_compared",
            ),
            Column("limits", TEXT, "the limits the significance rests on: 95 or 99.8"),
            Column("rank", NUMBER, "1 = highest value; ties share the middle rank; national benchmark only"),
            Column("rank_lower", NUMBER, "lower end of the rank's 95 % interval"),
            Column("rank_upper", NUMBER, "upper end of the rank's 95 % interval"),
            Column("ranked_areas", WHOLE, "how many areas were ranked"),
        ),
        key=("indicator", "area_type", "area", "period_end", "benchmark"),
    ),
    Table(
        "completeness",
        "source x submitter x period: what was found",
        (
            Column("source", TEXT, "the tidied table looked at"),
            Column("submitter", TEXT, "code of the provider or area"),
            Column("submitter_name", TEXT, "its name"),
            Column("submitter_type", TEXT, "provider or an area type's id"),
            *PERIOD,
            Column("status", TEXT, "absent, partial, not_reported, incomplete or not_known"),
            Column("evidence", TEXT, "the figures that show it, in a sentence"),
        ),
    ),
    Table(
        "files",
        "a file that a build was given",
        (
            Column("file", TEXT, "path inside the data folder"),
            Column("sha256", TEXT, "checksum of its bytes"),
            Column("bytes", WHOLE, "its size"),
            Column("source", TEXT, "the source that reads it; null where none does"),
            Column("outcome", TEXT, "read, superseded, duplicate or not_read"),
            Column("reason", TEXT, "why it was not read or what superseded it; null where it was read"),
            Column("period_start", DAY, "first day its figures cover"),
            Column("period_end", DAY, "last day its figures cover"),
            Column("rows_read", WHOLE, "rows in the file"),
            Column("rows_kept", WHOLE, "rows that entered the atlas"),
            Column("rows_refused", WHOLE, "rows that did not, each for a reason"),
            Column("refusals", TEXT, "the reasons with their row numbers; null where none"),
        ),
        key=("file",),
    ),
    Table(
        "reconciliation",
        "a publisher's own total beside ours",
        (
            Column("source", TEXT, "the tidied table"),
            Column("file", TEXT, "the file that carries the total"),
            *PERIOD,
            Column("total", TEXT, "what is totalled"),
            Column("published", NUMBER, "the publisher's figure; null where the file carries none"),
            Column("counted", NUMBER, "the sum of every row kept"),
            Column("in_areas", NUMBER, "of that, in areas of the atlas"),
            Column("outside_areas", NUMBER, "of that, for commissioners or codes that are not areas"),
        ),
    ),
]

RELEASE: dict[str, Table] = {table.name: table for table in _RELEASE}
