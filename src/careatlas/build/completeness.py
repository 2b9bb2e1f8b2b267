"""Who did not report, or only in part: looked for before anything is compared.

The statistics are `careatlas.methods.completeness`; here they meet the referral-to-treatment tables. With six or
more months on file a provider that vanishes is found by its own history, and every area's dependence on it can be
counted. With fewer, levels and stocks show what they can, and where they cannot the note says "completeness not
known". Thresholds are content (``content/standards/completeness.yaml``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis import _

from careatlas.build.areas import Areas
from careatlas.build.count import run
from careatlas.catalogue.completeness import CompletenessRules
from careatlas.engine.connect import Engine
from careatlas.engine.tables import RELEASE
from careatlas.methods import completeness as rules_of
from careatlas.sources._names import in_title_case

COMPLETED = ["completed_admitted", "completed_non_admitted"]
MONTHS_OF_HISTORY, MONTHS_LOOKED_AT = 6, 12


@dataclass
class Findings:
    """``table``: rows of the release's completeness table. ``flagged``: area_type, area, period_end, flag
    (incomplete or noted), note, part (completed, or any): what indicators must heed."""

    table: pd.DataFrame
    flagged: pd.DataFrame

    def of(self, area_type: str, parts: set[str]) -> pd.DataFrame:
        """What concerns an indicator that counts these parts, one row an area and period, the gravest flag."""
        concerned = self.flagged[
            (self.flagged["area_type"] == area_type)
            & ((self.flagged["part"] == "any") | bool(parts & set(COMPLETED)))
        ]
        if not len(concerned):
            return concerned
        grave = concerned.assign(order=concerned["flag"].map({"incomplete": 0, "noted": 1})).sort_values(
            "order"
        )
        return grave.groupby(["area", "period_end"], as_index=False).agg(
            flag=("flag", "first"), note=("note", lambda notes: "; ".join(dict.fromkeys(notes)))
        )


def examine_waiting_times(
    engine: Engine,
    tables: dict[str, ibis.Table],
    areas: Areas,
    boards: pd.DataFrame,
    population: pd.DataFrame,
    rules: CompletenessRules,
) -> Findings:
    """Every month of the ``rtt`` table. ``boards``: provider, icb, share. ``population``: area, people (registered)."""
    found: list[dict[str, object]] = []
    flagged: list[dict[str, object]] = []
    if "rtt" not in tables:
        return _findings(found, flagged)
    months = _by_provider_and_area(engine, tables["rtt"], areas)
    if not len(months):
        return _findings(found, flagged)
    history = _history(engine, tables)
    for period_end in sorted(months.loc[months["new_periods"].notna(), "period_end"].unique()):
        month = _Month(period_end, months, history, areas, boards, population, rules)
        if month.covers_all_parts():
            month.examine(found, flagged)
    return _findings(found, flagged)


class _Month:
    """One month of returns, seen against what came before."""

    def __init__(self, period_end, months, history, areas, boards, population, rules) -> None:
        self.end = pd.Timestamp(period_end)
        self.start = self.end.replace(day=1)
        self.rows = months[months["period_end"] == period_end]
        first = self.start - pd.DateOffset(months=MONTHS_LOOKED_AT)
        self.earlier = months[(months["period_end"] >= first) & (months["period_end"] < self.start)]
        self.months_on_file = sorted(self.earlier["period_end"].unique())
        self.history, self.areas, self.boards, self.population, self.rules = (
            history,
            areas,
            boards,
            population,
            rules,
        )

    def covers_all_parts(self) -> bool:
        """Commissioner workbooks name no provider and give one part: there is nothing to examine."""
        return self.rows[["completed", "new_periods", "waiting"]].notna().any().all()

    def examine(self, found: list, flagged: list) -> None:
        self.found, self.flagged = found, flagged
        partial = self.partial_providers()
        self.areas_of_partial(partial)
        if len(self.months_on_file) >= MONTHS_OF_HISTORY:
            self.absent_with_history()
        else:
            self.absent_by_level()

    def partial_providers(self) -> pd.DataFrame:
        """Providers whose completed pathways are too few for their new ones, by their own past or by stock."""
        sums = self.rows.groupby("provider", as_index=False)[["completed", "new_periods", "waiting"]].sum()
        is_partial = rules_of.partial_submitters(
            sums["completed"].to_numpy(),
            sums["new_periods"].to_numpy(),
            sums["waiting"].to_numpy(),
            ratio_below=self.rules.partial_ratio_below,
            waiting_above=self.rules.partial_waiting_above,
        )
        partial = sums[is_partial]
        for row in partial.itertuples():
            ratio = row.completed / row.new_periods
            self._find(
                row.provider,
                "provider",
                "partial",
                f"{row.completed:,.0f} completed against {row.new_periods:,.0f} new pathways (ratio {ratio:.2f}) "
                f"with {row.waiting:,.0f} waiting",
            )
        return partial

    def areas_of_partial(self, partial: pd.DataFrame) -> None:
        """Areas with more than 5 % of their waiting list at partial providers are incomplete; over 1 %, noted."""

        def told(share: float, named: str) -> str:
            return f"{share:.0%} of its waiting list is at {named}, whose return is partial"

        self._flag_areas(_area_by_provider(self.rows, "waiting"), partial["provider"], "completed", told)

    def absent_with_history(self) -> None:
        """Providers on file in most of the last twelve months and absent now; what each area had there."""
        on_file = pd.concat([self.earlier, self.rows])
        reported = pd.crosstab(on_file["provider"], on_file["period_end"]) > 0
        is_absent = rules_of.absent_submitters(reported.to_numpy(), MONTHS_OF_HISTORY, MONTHS_LOOKED_AT)
        absent = reported.index[is_absent]
        months = f"the last {len(self.months_on_file)} months"
        for provider in absent:
            times = int(reported.loc[provider].sum())
            self._find(provider, "provider", "absent", f"reported in {times} of {months} on file, absent now")

        def told(share: float, named: str) -> str:
            return f"{share:.0%} of its new pathways of {months} were at {named}, which is absent"

        self._flag_areas(_area_by_provider(self.earlier, "new_periods"), absent, "any", told)

    def _flag_areas(
        self, activity: pd.DataFrame, providers: Iterable[str], part: str, told: Callable[[float, str], str]
    ) -> None:
        """Areas by the share of their activity at these providers together; the note names those that matter."""
        here = activity.loc[:, activity.columns.isin(list(providers))]
        share = rules_of.share_at(activity.to_numpy(), activity.columns.isin(here.columns))
        verdicts = rules_of.verdict(share, self.rules.noted_share_above, self.rules.incomplete_share_above)
        for area, part_of_it, verdict in zip(activity.index, share, verdicts, strict=True):
            if verdict not in ("note", "incomplete"):
                continue
            at = (here.loc[area] / activity.loc[area].sum()).sort_values(ascending=False)
            matter = at[at > self.rules.noted_share_above]
            named = (matter if len(matter) else at[at > 0]).index
            note = told(part_of_it, " and ".join(map(self._named, named)))
            if verdict == "incomplete":
                self._find(area, "sub_icb", "incomplete", note)
            self._add(area, "incomplete" if verdict == "incomplete" else "noted", part, note)

    def absent_by_level(self) -> None:
        """Short history: an area far below the others has lost a submitter; who that is, its board's history says."""
        gone = self._expected_but_absent()
        for provider in gone:
            told = "in each of the latest twelve months of the submitters' list, absent now (or merged)"
            self._find(provider, "provider", "absent", told)
        new = self.rows.dropna(subset=["area"]).groupby("area")["new_periods"].sum()
        people = self.population.set_index("area")["people"].reindex(new.index)
        level = (new / people * 1000).to_numpy(float)
        is_low = rules_of.low_level_areas(new.to_numpy(), people.to_numpy(), self.rules.low_level_share)
        boards = self.areas.parents("sub_icb")
        for area, rate, low in zip(new.index, level, is_low, strict=True):
            causes = [
                self._named(provider) for provider in gone if self._draws_on(provider, boards.get(area))
            ]
            if low:
                cause = f"; likely cause: no return from {', '.join(causes)}" if causes else ""
                told = f"{rate:.1f} new pathways per 1,000 people, median {np.nanmedian(level):.1f}{cause}"
                self._find(area, "sub_icb", "incomplete", told)
                self._add(area, "incomplete", "any", told)
            elif causes:
                told = (
                    f"completeness not known: no return from {', '.join(causes)}, and the months loaded cannot show "
                    "what share of this area's pathways is there"
                )
                self._find(area, "sub_icb", "not_known", told)
                self._add(area, "noted", "any", told)

    def _expected_but_absent(self) -> list[str]:
        """Providers in each of the latest twelve months of the submitters' list, large enough, absent now."""
        past = self.history[self.history["period_end"] < self.end]
        latest = sorted(past["period_end"].unique())[-MONTHS_LOOKED_AT:]
        by_provider = past[past["period_end"].isin(latest)].groupby("provider")
        months, size = by_provider["period_end"].nunique(), by_provider["over_18_weeks"].mean()
        expected = size.index[(months >= len(latest)) & (size >= self.rules.absent_over_18_weeks_above)]
        return sorted(set(expected) - set(self.rows["provider"]))

    def _draws_on(self, provider: str, board: str | None) -> bool:
        """Whether the provider takes a share of its patients from the board that matters, by the trust look-up."""
        rows = self.boards[(self.boards["provider"] == provider) & (self.boards["icb"] == board)]
        return bool((rows["share"] > self.rules.absent_board_share_above).any())

    def _add(self, area: str, flag: str, part: str, note: str) -> None:
        self.flagged.append(
            {
                "area_type": "sub_icb",
                "area": area,
                "period_end": self.end,
                "flag": flag,
                "part": part,
                "note": note,
            }
        )

    def _find(self, submitter: str, submitter_type: str, status: str, evidence: str) -> None:
        self.found.append(
            {
                "source": "rtt",
                "submitter": submitter,
                "submitter_name": self.areas.name(submitter)
                if submitter_type != "provider"
                else self._name(submitter),
                "submitter_type": submitter_type,
                "period_start": self.start,
                "period_end": self.end,
                "status": status,
                "evidence": evidence,
            }
        )

    def _named(self, provider: str) -> str:
        return f"{self._name(provider)} ({provider})"

    def _name(self, provider: str) -> str:
        names = self.history.loc[self.history["provider"] == provider, "provider_name"]
        known = self.areas.name(provider)
        return known if known != provider or not len(names) else in_title_case(names.iloc[-1])


def _area_by_provider(months: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Sums of a measure, an area a row and a provider a column; nothing sent there is zero."""
    placed = months.dropna(subset=["area"])
    return placed.pivot_table(index="area", columns="provider", values=measure, aggfunc="sum", fill_value=0.0)


def examine_four_hour_waits(engine: Engine, tables: dict[str, ibis.Table], areas: Areas) -> pd.DataFrame:
    """Provider-months of A&E whose four-hour waits were not reported."""
    if "accident_emergency" not in tables:
        return _findings([], []).table
    rows = tables["accident_emergency"]
    silent = run(
        engine,
        rows.filter(rows.attendances_timed.isnull() & rows.attendances.notnull()).select(
            "provider", "period_start", "period_end", "attendances_type_1"
        ),
    )
    return pd.DataFrame(
        {
            "source": "accident_emergency",
            "submitter": silent["provider"],
            "submitter_name": [areas.name(p) for p in silent["provider"]],
            "submitter_type": "provider",
            "period_start": silent["period_start"],
            "period_end": silent["period_end"],
            "status": "not_reported",
            "evidence": [
                f"{n:,.0f} type 1 attendances and none over four hours: waits were not reported"
                for n in silent["attendances_type_1"]
            ],
        }
    )


def _by_provider_and_area(engine: Engine, rtt: ibis.Table, areas: Areas) -> pd.DataFrame:
    """Completed, new and waiting pathways of every provider, commissioner and month; missing where a part is not
    on file."""
    rows = rtt.filter((_.specialty == "total") & _.provider.notnull())
    sums = run(
        engine,
        rows.group_by(["period_end", "provider", "commissioner"]).aggregate(
            completed=_.pathways.sum(where=_.part.isin(COMPLETED)),
            new_periods=_.pathways.sum(where=_.part == "new_periods"),
            waiting=_.pathways.sum(where=_.part == "incomplete"),
        ),
    )
    sums[["completed", "new_periods", "waiting"]] = sums[["completed", "new_periods", "waiting"]].astype(
        float
    )
    return sums.assign(area=areas.resolve("sub_icb", sums["commissioner"]))


def _history(engine: Engine, tables: dict[str, ibis.Table]) -> pd.DataFrame:
    if "rtt_submitters" not in tables:
        return pd.DataFrame(columns=["period_end", "provider", "provider_name", "over_18_weeks"])
    return run(
        engine, tables["rtt_submitters"].select("period_end", "provider", "provider_name", "over_18_weeks")
    )


def _findings(found: list[dict[str, object]], flagged: list[dict[str, object]]) -> Findings:
    return Findings(
        pd.DataFrame(found, columns=RELEASE["completeness"].column_names),
        pd.DataFrame(flagged, columns=["area_type", "area", "period_end", "flag", "part", "note"]),
    )
