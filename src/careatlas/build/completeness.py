"""Who did not report, or only in part: looked for before anything is compared.

The statistics are `careatlas.methods.completeness`; here they meet the referral-to-treatment tables. With six or
more months on file a provider that vanishes is found by its own history, and every area's dependence on it can be
counted. With fewer, levels and stocks show what they can, and where they cannot the note says "completeness not
known". Thresholds are content (``content/standards/completeness.yaml``).
"""

from collections.abc import Iterator
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
        waiting = (
            self.rows.dropna(subset=["area"]).groupby(["area", "provider"])["waiting"].sum().reset_index()
        )
        waiting["share"] = waiting["waiting"] / waiting.groupby("area")["waiting"].transform("sum")
        at_partial = waiting[waiting["provider"].isin(partial["provider"])]
        for area, share, named in self._by_area(at_partial):
            whose = f"{share:.0%} of its waiting list is at {named}, whose return is partial"
            self._flag(area, share, "completed", whose)

    def absent_with_history(self) -> None:
        """Providers on file in most of the last twelve months and absent now; what each area had there."""
        reported = self.earlier.groupby("provider")["period_end"].nunique()
        now = set(self.rows["provider"])
        absent = [p for p, n in reported.items() if n >= MONTHS_OF_HISTORY and p not in now]
        activity = (
            self.earlier.dropna(subset=["area"])
            .groupby(["area", "provider"])["new_periods"]
            .sum()
            .reset_index()
        )
        activity["share"] = activity["new_periods"] / activity.groupby("area")["new_periods"].transform("sum")
        months = f"the last {len(self.months_on_file)} months"
        for provider in absent:
            told = f"reported in {reported[provider]} of {months} on file, absent now"
            self._find(provider, "provider", "absent", told)
        for area, share, named in self._by_area(activity[activity["provider"].isin(absent)]):
            where = f"new pathways of {months} were at {named}, which is absent"
            self._flag(area, share, "any", f"{share:.0%} of its {where}")

    def _by_area(self, activity: pd.DataFrame) -> Iterator[tuple[str, float, str]]:
        """Each area, its share at all these providers together, and those of them that matter, largest first."""
        for area, at in activity[activity["share"] > 0].groupby("area"):
            largest_first = at.sort_values("share", ascending=False)
            matter = largest_first[largest_first["share"] > self.rules.noted_share_above]
            named = (matter if len(matter) else largest_first)["provider"]
            yield str(area), at["share"].sum(), " and ".join(self._named(provider) for provider in named)

    def absent_by_level(self) -> None:
        """Short history: an area far below the others has lost a submitter; who that is, its board's history says."""
        gone = self._expected_but_absent()
        for provider in gone:
            told = "in every one of the latest twelve months of the submitters' list, absent now, no successor known"
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

    def _flag(self, area: str, share: float, part: str, note: str) -> None:
        if share > self.rules.incomplete_share_above:
            self._find(area, "sub_icb", "incomplete", note)
            self._add(area, "incomplete", part, note)
        elif share > self.rules.noted_share_above:
            self._add(area, "noted", part, note)

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
        return known if known != provider or not len(names) else _spoken_name(names.iloc[-1])


def _spoken_name(name: str) -> str:
    from careatlas.build.areas import spoken

    return spoken(name) if name.isupper() else name


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
