"""Release tables: what a build publishes and every face reads.

Missing values are null, never zero.
"""

import pyarrow as pa

from careatlas.engine.table import DAY, KEYS, NUMBER, PERIOD, TEXT, TRUTH, WHOLE, Column, Table

RELEASE_TABLES = [
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
            *KEYS,
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
            Column(
                "estimated",
                TRUTH,
                "whether part of it is an old area's, shared out by where people lived: never ranked or compared",
            ),
            Column("note", TEXT, "why, in a sentence; null where there is nothing to say"),
        ),
        key=("indicator", "area_type", "area", "period_end", "sex", "age_band"),
    ),
    Table(
        "comparisons",
        "a value held against one benchmark",
        (
            *KEYS,
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
            Column(
                "rank",
                NUMBER,
                "1 = highest value; ties share the middle rank; national benchmark only; null where withheld",
            ),
            Column("rank_lower", NUMBER, "lower end of the rank's 95 % interval"),
            Column("rank_upper", NUMBER, "upper end of the rank's 95 % interval"),
            Column("ranked_areas", WHOLE, "how many areas were ranked against each other"),
            Column(
                "group",
                TEXT,
                "half of the list that the rank's interval lies in: higher_half, lower_half or neither_half; "
                "not_apart where under a tenth of the pairs differ and ranks are withheld",
            ),
            Column(
                "noise",
                TEXT,
                "what the interval allows for: counting error, or also what comes_and_goes between periods",
            ),
            Column("probability_top_fifth", NUMBER, "of truly being among the highest fifth, 0 to 1"),
            Column(
                "false_discovery_q",
                NUMBER,
                "of the difference, over-dispersion added: false discovery over the areas of the period",
            ),
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
            Column("status", TEXT, "absent, partial, not_reported, estimated, incomplete or not_known"),
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
    Table(
        "waits",
        "pathways of one specialty and part in an area and month, with how long they waited",
        (
            Column("area_type", TEXT, "the area type's id"),
            Column("area", TEXT, "ODS code; ENG for the whole country"),
            *PERIOD,
            Column("part", TEXT, "completed_admitted, completed_non_admitted, incomplete or new_periods"),
            Column("specialty", TEXT, "treatment function code without prefix (100, 101 ... X06), or total"),
            Column("pathways", NUMBER, "all pathways, unknown clock starts included", "pathways"),
            Column(
                "weeks",
                pa.list_(pa.int32()),
                "pathways by whole weeks waited: 0-1, 1-2 ... over 104",
                "pathways",
            ),
            Column("status", TEXT, "reported, zero, missing or incomplete"),
            Column("note", TEXT, "why, in a sentence; null where there is nothing to say"),
        ),
        key=("area_type", "area", "period_end", "part", "specialty"),
    ),
]
