"""Release tables worked out from the values: with whom to compare, what explains the differences, how lasting they
are, and what an area could gain. Missing values are null, never zero.
"""

from careatlas.engine.table import DAY, KEYS, NUMBER, PERIOD, TEXT, TRUTH, WHOLE, Column, Table

DERIVED_TABLES = [
    Table(
        "population",
        "residents of an area of one sex and age band",
        (
            Column("area_type", TEXT, "the area type's id"),
            Column("area", TEXT, "ODS code; ENG for the whole country"),
            *PERIOD,
            Column("sex", TEXT, "female or male"),
            Column("age_band", TEXT, "five years of age: 00-04, 05-09 ... 85-89, 90+"),
            Column("people", NUMBER, "residents at mid-year, as estimated by the publisher", "people"),
        ),
        key=("area_type", "area", "period_end", "sex", "age_band"),
    ),
    Table(
        "covariates",
        "what is known of an area that may explain why it differs",
        (
            Column("covariate", TEXT, "the covariate's id in content/covariates"),
            Column("area_type", TEXT, "the area type's id"),
            Column("area", TEXT, "ODS code of the area"),
            *PERIOD,
            Column("value", NUMBER, "in the covariate's unit; null where not known"),
            Column("source", TEXT, "the tidied tables it comes from"),
        ),
        key=("covariate", "area_type", "area", "period_end"),
    ),
    Table(
        "neighbours",
        "two areas of one type that border, lie near, or belong to one board",
        (
            Column("area_type", TEXT, "the area type's id"),
            Column("area", TEXT, "ODS code"),
            Column("other_area", TEXT, "ODS code; every pair stands here twice, once from each side"),
            Column(
                "miles",
                NUMBER,
                "great circle between centres: label points of the finest areas, above them the mean of their "
                "parts' weighted by people; null without outlines",
                "miles",
            ),
            Column("shares_border", TRUTH, "whether their outlines touch; null without outlines"),
            Column(
                "nearness",
                WHOLE,
                "1: other_area is the nearest to area, 2: the next ...; null without outlines",
            ),
            Column(
                "same_parent",
                TRUTH,
                "whether both lie under one area of the level above, the country not counted",
            ),
        ),
        key=("area_type", "area", "other_area"),
    ),
    Table(
        "peers",
        "an area and one most like it in its people, or a provider and one most like it in kind and size",
        (
            Column("area_type", TEXT, "the area type's id"),
            Column("area", TEXT, "ODS code"),
            Column("peer", TEXT, "ODS code of the similar area"),
            Column("rank", WHOLE, "1: the most similar"),
            Column("distance", NUMBER, "root mean square difference of the standardised covariates"),
            Column("good_match", TRUTH, "whether it is near enough to be held beside the area"),
            Column(
                "inclusion_share",
                NUMBER,
                "how often it is among the ten where covariates weigh otherwise, 0 to 1",
            ),
        ),
        key=("area_type", "area", "peer"),
    ),
    Table(
        "variation",
        "one index of how much areas differ, beside what chance alone would give",
        (
            Column("indicator", TEXT, "the indicator's id"),
            Column("area_type", TEXT, "the area type's id"),
            *PERIOD,
            Column("areas", WHOLE, "how many areas it is taken over: reported or zero, never incomplete"),
            Column(
                "index",
                TEXT,
                "fold, fold_trimmed, ratio_5_95, weighted_cv, scv, eb_variance, shrunk_fold or moran_i",
            ),
            Column("value", NUMBER, "the index; null where it is not defined"),
            Column("lower", NUMBER, "95 % lower limit; null where the index has none"),
            Column("upper", NUMBER, "95 % upper limit"),
            Column("chance", NUMBER, "its mean where areas differ by chance alone"),
            Column("chance_lower", NUMBER, "lower end of its 95 % range by chance alone"),
            Column("chance_upper", NUMBER, "upper end of its 95 % range by chance alone"),
            Column("p", NUMBER, "how often chance alone gives as much"),
            Column("note", TEXT, "how many areas were cut, and the like; null where there is nothing to say"),
        ),
        key=("indicator", "area_type", "period_end", "index"),
    ),
    Table(
        "shares",
        "one part of the variance between areas",
        (
            Column("indicator", TEXT, "the indicator's id"),
            Column("area_type", TEXT, "the area type's id"),
            *PERIOD,
            Column("periods", WHOLE, "how many periods it is taken over, the last being this one"),
            Column("covariates", TEXT, "all, or untainted: without those that providers themselves measure"),
            Column(
                "component",
                TEXT,
                "chance, comes_and_goes, need, against_need, supply, spatial or unexplained",
            ),
            Column("share", NUMBER, "of the variance between areas, signed; the components sum to 1"),
            Column("lower", NUMBER, "95 % lower limit"),
            Column("upper", NUMBER, "95 % upper limit"),
            Column("note", TEXT, "words to print beside it; null where there is nothing to say"),
        ),
        key=("indicator", "area_type", "period_end", "covariates", "component"),
    ),
    Table(
        "gaps",
        "how much of one area's distance from the country one component explains",
        (
            *KEYS,
            Column("periods", WHOLE, "how many periods it is taken over, the last being this one"),
            Column(
                "component",
                TEXT,
                "all, chance (with what comes and goes), need, against_need, supply, spatial or unexplained",
            ),
            Column(
                "percent",
                NUMBER,
                "how far it moves the area from the country; they multiply to all",
                "percent",
            ),
            Column("lower", NUMBER, "95 % lower limit", "percent"),
            Column("upper", NUMBER, "95 % upper limit", "percent"),
            Column(
                "verdict",
                TEXT,
                "on the row of all: within_chance, comes_and_goes, in_line_with_need, against_need or unexplained",
            ),
        ),
        key=("indicator", "area_type", "area", "period_end", "component"),
    ),
    Table(
        "concentration",
        "one of the few parts of an area that make half of its gap from the country, where that is beyond chance",
        (
            *KEYS,
            Column("kind", TEXT, "what the area is cut into: smaller_area, specialty or provider"),
            Column(
                "parts", WHOLE, "how many there are; those without a full return and the mix are not counted"
            ),
            Column("parts_for_half", WHOLE, "how few of them make half of the gap; at most ten are listed"),
            Column("place", WHOLE, "1: the part with the largest share"),
            Column(
                "part",
                TEXT,
                "code of the area, specialty or provider; mix: what comes of having more in some specialties than in "
                "others",
            ),
            Column("observed", NUMBER, "events counted in the part"),
            Column("denominator", NUMBER, "among whom or what"),
            Column("expected", NUMBER, "events at the country's rate; of a specialty at that specialty's"),
            Column("excess", NUMBER, "observed less expected"),
            Column("excess_lower", NUMBER, "95 % lower limit by chance alone; null for the mix"),
            Column("excess_upper", NUMBER, "95 % upper limit"),
            Column(
                "share_of_gap",
                NUMBER,
                "of the gap less what is left out; below 0 never listed, of all parts 1",
            ),
            Column("area_observed", NUMBER, "events counted in the area"),
            Column("area_expected", NUMBER, "events at the country's rate; the gap is the difference"),
            Column("left_out", NUMBER, "events of the gap that no part with a full return holds"),
            Column("note", TEXT, "what is left out; null where the parts hold all of the gap"),
        ),
        key=("indicator", "area_type", "area", "period_end", "kind", "place"),
    ),
    Table(
        "inequality",
        "an indicator in one fifth of the areas by deprivation, or its slope over all of them",
        (
            Column("indicator", TEXT, "the indicator's id"),
            Column("area_type", TEXT, "the area type's id"),
            *PERIOD,
            Column(
                "group",
                TEXT,
                "fifth_1 (most deprived) ... fifth_5, sii (slope index) or rii (relative index)",
            ),
            Column("areas", WHOLE, "how many areas it is taken over"),
            Column("count", NUMBER, "the numerator; null for the slopes"),
            Column("denominator", NUMBER, "among whom or what; null for the slopes"),
            Column("value", NUMBER, "in the indicator's unit; the rii is a ratio, least over most deprived"),
            Column("lower_95", NUMBER, "95 % lower limit"),
            Column("upper_95", NUMBER, "95 % upper limit"),
            Column("note", TEXT, "why there is no figure; null where there is nothing to say"),
        ),
        key=("indicator", "area_type", "period_end", "group"),
    ),
    Table(
        "persistence",
        "how lasting one area's difference is over all periods on file",
        (
            Column("indicator", TEXT, "the indicator's id"),
            Column("area_type", TEXT, "the area type's id"),
            Column("area", TEXT, "ODS code of the area"),
            *PERIOD,
            Column("periods", WHOLE, "how many periods the area has a full return for"),
            Column("share_outlying", NUMBER, "share of those beyond 95 % limits by chance, 0 to 1"),
            Column("longest_run", WHOLE, "most periods in a row beyond them on one side"),
            Column("deviation", NUMBER, "mean distance from the country", "percent"),
            Column("deviation_lower", NUMBER, "95 % lower limit", "percent"),
            Column("deviation_upper", NUMBER, "95 % upper limit", "percent"),
            Column(
                "q", NUMBER, "of the difference not being lasting: false discovery over areas and indicators"
            ),
            Column(
                "permanent_share",
                NUMBER,
                "of the indicator's variance beyond chance, 0 to 1; the same for all areas",
            ),
            Column("permanent_lower", NUMBER, "95 % lower limit"),
            Column("permanent_upper", NUMBER, "95 % upper limit"),
            Column(
                "next_deviation",
                NUMBER,
                "where the area is to be expected next, by regression to the mean",
                "percent",
            ),
            Column("trend", TEXT, "rising, falling or none, against the country"),
            Column("change_start", DAY, "first day of a change that lasted; null where none was found"),
            Column(
                "change", NUMBER, "its size beyond regression to the mean, against matched areas", "percent"
            ),
            Column("change_lower", NUMBER, "95 % lower limit", "percent"),
            Column("change_upper", NUMBER, "95 % upper limit", "percent"),
            Column("change_p", NUMBER, "how often a placebo area changes as much"),
            Column("change_q", NUMBER, "the same with false discovery over all areas and indicators"),
            Column(
                "verdict", TEXT, "persistently_high, persistently_low, improved, worsened, changed or none"
            ),
        ),
        key=("indicator", "area_type", "area"),
    ),
    Table(
        "opportunities",
        "what one area would spare or gain if it did as well as the best of its peers",
        (
            *KEYS,
            Column("periods", WHOLE, "how many periods it is taken over, the last being this one"),
            Column("benchmark", TEXT, "mean, median, best_five, best_quarter or best_tenth of its peers"),
            Column("amount", NUMBER, "the middle one of what it may be", "events of the indicator a period"),
            Column("lower", NUMBER, "95 % lower limit"),
            Column("upper", NUMBER, "95 % upper limit"),
            Column("probability", NUMBER, "that there is a gap at all; null with one period"),
            Column("chance_only", NUMBER, "the amount that equal areas would show, without smoothing"),
            Column(
                "is_headline", TRUTH, "whether it may be declared: probability at least .95, above chance"
            ),
            Column(
                "gbp", NUMBER, "the amount at the indicator's unit cost; null where it has none", "pounds"
            ),
            Column("gbp_lower", NUMBER, "95 % lower limit", "pounds"),
            Column("gbp_upper", NUMBER, "95 % upper limit", "pounds"),
            Column("gbp_source", TEXT, "where the unit cost is from, and its year"),
            Column(
                "overlaps_with",
                TEXT,
                "indicators whose events may be the same people; never add them; or null",
            ),
        ),
        key=("indicator", "area_type", "area", "period_end", "benchmark"),
    ),
    Table(
        "denominators",
        "the people of an area, counted in one way",
        (
            Column(
                "people_counted",
                TEXT,
                "registered (with its practices), resident, or need_weighted (registered, weighted for general and "
                "acute care)",
            ),
            Column("edition", TEXT, "the publisher's edition, such as 2023_2024 or mid_2022"),
            Column("area_type", TEXT, "the area type's id"),
            Column("area", TEXT, "ODS code; ENG for the whole country"),
            *PERIOD,
            Column("people", NUMBER, "how many; weighted people add up to the registered ones", "people"),
            Column("source", TEXT, "the tidied table it comes from"),
        ),
        key=("people_counted", "edition", "area_type", "area"),
    ),
]
