"""The inbox of outliers: of every provider's latest figures those that are new, persistent or improving outliers.

Only indicators in which high or low is better, and only full returns that rest on ten events or more: an incomplete,
missing or hidden figure is nobody's news. What each word means is said by `KINDS`, and how often chance alone gives
one by `false_alarms_in_words`. The order is that of ``standing_out``: persistent x significant x size.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.methods.intervals import normal_quantile
from careatlas.present.numbers import is_full_return
from careatlas.present.periods import period_name
from careatlas.present.provider_figures import (
    PROVIDER,
    Latest,
    compartments,
    lasting_by_provider,
    latest_figures,
    providers,
)
from careatlas.present.queries import Row, area_named
from careatlas.present.standing_out import may_stand_out, priorities
from careatlas.present.standing_out_words import lasting_in_brief

NEW, PERSISTENT, IMPROVING = "new", "persistent", "improving"
# 99.8 %, allowing for over-dispersion: among two hundred providers 95 % limits would call five worse by chance alone.
BEYOND = 0.998
FALSE_NEW = (1 - BEYOND) / 2  # only the worse end is news
FALSE_LASTING = 0.05  # the table's own false discovery rate; its changes are held to less
# The table's own verdicts, since they allow for chance, for what comes and goes and for how many are searched.
WORSE_FOR_GOOD = {"lower_is_better": "persistently_high", "higher_is_better": "persistently_low"}
TOWARDS_BETTER = {"lower_is_better": "falling", "higher_is_better": "rising"}
KINDS = {
    NEW: "beyond 99.8% limits at the worse end in the latest period, over-dispersion allowed for, and not in that "
    "before",
    PERSISTENT: "worse than the country over all periods on file, or worse now after a lasting change for the worse",
    IMPROVING: "a change for the better that lasted, or an outlier whose figures move towards the better over time",
}
COLUMNS = (
    "indicator", "area_type", "area", "name", "compartment", "news", "period_start", "period_end", "value", "lower_95",
    "upper_95", "count", "denominator", "benchmark_value", "difference", "z_adjusted", "priority", "words",
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A provider's latest figure that may be news: its row of ``values``, ``comparisons``, those of the period before
    and ``persistence``. ``worse``: 1 where high is worse, -1 where low is."""

    value: Row
    now: Row
    before: Row | None
    lasting: Row | None
    polarity: str

    @property
    def worse(self) -> int:
        return 1 if self.polarity == "lower_is_better" else -1

    def news(self) -> str | None:
        lasting = self.lasting or {}
        is_outlier = self.is_beyond or self._is_worse_for_good
        is_moving = lasting.get("trend") == TOWARDS_BETTER[self.polarity]
        if lasting.get("verdict") == "improved" or (is_outlier and is_moving):
            return IMPROVING
        if self._is_worse_for_good:
            return PERSISTENT
        return NEW if self.is_beyond and self._was_within else None

    @property
    def is_beyond(self) -> bool:
        return _is_beyond(self.now, self.worse)

    @property
    def _was_within(self) -> bool:
        """False where the period before is not on file, or the return then was not full: nobody can say what is new."""
        known = self.before is not None and self.before["z_adjusted"] is not None
        return known and not _is_beyond(self.before, self.worse)

    @property
    def _is_worse_for_good(self) -> bool:
        verdict = (self.lasting or {}).get("verdict")
        worsened = verdict == "worsened" and self.now["significance"] == "worse"
        return worsened or verdict == WORSE_FOR_GOOD[self.polarity]


@dataclass(frozen=True)
class Counted:
    """What an inbox was taken from. ``figures`` looked at, of how many ``providers``; ``continuing``: beyond the limits
    now, yet neither new nor shown to last; ``undated``: of these, those without a full return just before."""

    figures: int
    providers: int
    continuing: int
    undated: int


def inbox(
    release: Release, area: str | None = None, compartment: str | None = None, news: str | None = None
) -> list[Row]:
    """Outliers of one provider or of all, the first to look at first; of one ``compartment``, of one kind of news."""
    code = None if area is None else provider_named(release, area)
    known = [one["id"] for one in compartments(release)]
    for asked, all_, what in ((compartment, known, "compartment"), (news, list(KINDS), "kind of news")):
        if asked is not None and asked not in all_:
            raise NotKnownError(asked, f"is not a {what}.", f"Give one of {', '.join(all_)}.")
    wanted = {"area": code, "compartment": compartment, "news": news}
    return [
        row
        for row in _all(release)[0]
        if all(asked is None or row[column] == asked for column, asked in wanted.items())
    ]


def counted(release: Release, area: str | None = None) -> Counted:
    """What the inbox of one provider, or of all, was taken from."""
    looked_at = _all(release)[1]
    own = [figure for figure in looked_at if area in (None, figure.value["area"])]
    rest = [figure for figure in own if figure.is_beyond and figure.news() is None]
    undated = sum(figure.before is None or figure.before["z_adjusted"] is None for figure in rest)
    return Counted(len(own), len({figure.value["area"] for figure in own}), len(rest), undated)


def false_alarms_in_words(of: Counted) -> str:
    """How much of an inbox chance alone would fill, in one line; empty where nothing was looked at."""
    if not of.figures:
        return ""
    by_chance = FALSE_NEW * of.figures
    often = (
        f"up to about {by_chance:.1f} would be"
        if by_chance >= 1
        else f"in up to {by_chance:.1%} of periods one would be"
    )
    return (
        f"Of {of.figures:,} figures looked at, {often} beyond these limits though nothing were amiss, if figures "
        f"scatter as assumed; of what is called persistent, up to {FALSE_LASTING:.0%} may be chance."
    )


def provider_named(release: Release, text: str) -> str:
    """The code of a provider given by code or name."""
    code = area_named(release, text)
    own = release.areas[code]["area_type"]
    if own != PROVIDER:
        title = release.catalogue["area_types"].get(own, {}).get("title", own)
        raise NotKnownError(code, f"is no provider, but of type {title}.", f"See careatlas area {code}.")
    return code


@functools.lru_cache(maxsize=2)
def _all(release: Release) -> tuple[tuple[Row, ...], tuple[Figure, ...]]:
    """Every provider's news in order of priority, and every figure that was looked at."""
    indicators = release.catalogue["indicators"]
    of_indicator = {
        id: latest
        for one in compartments(release)
        for id in one["indicators"]
        if (latest := latest_figures(release, id)) is not None
    }
    place = {id: one["id"] for one in compartments(release) for id in one["indicators"]}
    rows: list[Row] = []
    looked_at: list[Figure] = []
    for own in providers(release):
        figures = _figures(release, own["code"], of_indicator)
        looked_at += figures.values()
        news = {id: said for id, figure in figures.items() if (said := figure.news())}
        weights = _weights(release, own["code"], of_indicator) if news else {}
        rows += [
            _row(
                release, figures[id], place[id], said, of_indicator[id], weights.get(id, 0.0), indicators[id]
            )
            for id, said in news.items()
        ]
    return tuple(sorted(rows, key=_first_to_look_at)), tuple(looked_at)


def _first_to_look_at(row: Row) -> tuple[float, str, str]:
    return -row["priority"], row["area"], row["indicator"]


def _figures(release: Release, code: str, of_indicator: Mapping[str, Latest]) -> dict[str, Figure]:
    """The provider's figures that may be news, by indicator."""
    indicators, lasting = release.catalogue["indicators"], lasting_by_provider(release)
    found = {}
    for id, latest in of_indicator.items():
        value, now = latest.values.get(code), latest.compared.get(code)
        about = indicators[id]
        if (
            value is None
            or now is None
            or now["z_adjusted"] is None
            or about["polarity"] not in WORSE_FOR_GOOD
        ):
            continue
        if is_full_return(value) and may_stand_out(value, about["method"]):
            before = latest.compared_before.get(code)
            found[id] = Figure(value, now, before, lasting.get((code, id)), about["polarity"])
    return found


def _weights(release: Release, code: str, of_indicator: Mapping[str, Latest]) -> dict[str, float]:
    """The priority of each of the provider's figures, by indicator, as on its page among areas."""
    values = [latest.values[code] for latest in of_indicator.values() if code in latest.values]
    against = {id: latest.compared[code] for id, latest in of_indicator.items() if code in latest.compared}
    lasting = lasting_by_provider(release)
    over_time = {id: lasting[code, id] for id in of_indicator if (code, id) in lasting}
    return priorities(values, against, over_time, release.catalogue["indicators"])


def _row(
    release: Release, figure: Figure, place: str, said: str, latest: Latest, priority: float, about: Row
) -> Row:
    value = figure.value
    row = {
        **{name: value.get(name) for name in COLUMNS},
        "name": release.areas[value["area"]]["name"],
        "compartment": place,
        "news": said,
        **{name: figure.now[name] for name in ("benchmark_value", "difference", "z_adjusted")},
        "priority": priority,
        "words": _words(release, figure, said, latest),
    }
    return {column: row[column] for column in COLUMNS}


def _words(release: Release, figure: Figure, said: str, latest: Latest) -> str:
    country = figure.now["benchmark_name"]
    z = abs(figure.now["z_adjusted"])
    limits = f"{z:.1f} standard errors from {country} at the worse end, over-dispersion allowed for"
    if said == NEW:
        before = period_name(*latest.before) if latest.before else ""
        return f"Beyond 99.8% limits ({limits}), and not so in {before}."
    lasting = lasting_in_brief(figure.lasting, 0, figure.now["difference"], country) if figure.lasting else ""
    moving = ""
    if said == IMPROVING and figure.lasting and figure.lasting["verdict"] != "improved":
        moving = f" Over time it is {figure.lasting['trend']} against {country}, which is towards the better."
    beyond = f" In the latest period beyond 99.8% limits ({limits})." if figure.is_beyond else ""
    return f"{lasting}{moving}{beyond}".strip()


def _is_beyond(row: Row, worse: int) -> bool:
    return row["z_adjusted"] is not None and worse * row["z_adjusted"] > normal_quantile(BEYOND)
