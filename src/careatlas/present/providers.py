"""A provider's compartments: each indicator with its figure, the country, standards, peers, control chart and what
there is to gain. The page, ``careatlas provider`` and the API show these rows.

Peers are the good matches of the table ``peers``, or a set of the reader's own; what there is to gain is always
beside the computed ones. An indicator in which the provider has no row is left out: what it never returned is not 0.
"""

from collections.abc import Sequence
from statistics import median

from careatlas.engine.release import Release
from careatlas.present import spc_signals, standards
from careatlas.present.inbox import inbox, provider_named
from careatlas.present.numbers import is_full_return
from careatlas.present.opportunity_units import in_units
from careatlas.present.opportunity_words import amount_in_words, figure, money_in_words
from careatlas.present.peers import chosen_peers
from careatlas.present.periods import period_name
from careatlas.present.provider_figures import PROVIDER, compartments, latest_figures
from careatlas.present.queries import Row
from careatlas.present.spc_chart import WORDS

BENCHMARK = "best_five"
NO_GAIN = "none: the best five do no better"
MET = {True: "met", False: "not met", None: "not judged"}
OF_OPPORTUNITY = (
    "amount",
    "lower",
    "upper",
    "probability",
    "chance_only",
    "is_headline",
    "gbp",
    "gbp_lower",
    "gbp_upper",
)
COLUMNS = (
    "compartment", "indicator", "area_type", "area", "name", "title", "unit", "period_start", "period_end",
    "status", "value", "lower_95", "upper_95", "count", "denominator", "benchmark_value", "difference", "significance",
    "standard", "meets_standard", "peers_median", "peers_on_file", "peers", "variation", "assurance", "news",
    "priority", *OF_OPPORTUNITY, "amount_in_words", "note",
)  # fmt: skip


def provider_rows(release: Release, provider: str, peers: Sequence[str] | None = None) -> list[Row]:
    """One row an indicator, by compartment. ``peers``: a set of one's own, by code or name."""
    code = provider_named(release, provider)
    facts = _Facts(release, code, chosen_peers(release, code, peers or None))
    return [
        facts.row(one["id"], indicator)
        for one in compartments(release)
        for indicator in one["indicators"]
        if indicator in facts.values
    ]


def provider_in_lines(rows: list[Row]) -> list[Row]:
    """The rows as a terminal shows them: figures with their limits, the rest in words."""
    return [_line(row) for row in rows]


def opportunities_of(release: Release, code: str) -> list[Row]:
    """The provider's opportunities beside the best five of its peers: those that may be declared first."""
    rows = release.of_area("opportunities", code, area_type=PROVIDER, benchmark=BENCHMARK)
    return sorted(
        rows, key=lambda row: (not row["is_headline"], -(row["probability"] or 0.0), row["indicator"])
    )


def gain_in_words(row: Row, about: Row) -> list[str]:
    """One amount in the indicator's own events and, where it says so, in patients, beds, bed days and pounds."""
    if figure(row["upper"]) == "0":
        return [NO_GAIN]
    units = [one["words"] for one in in_units(row, about)] or [amount_in_words(row, about)]
    return [said for said in (*units, money_in_words(row)) if said]


class _Facts:
    """What the rows of one provider are made from, read once."""

    def __init__(self, release: Release, code: str, peers: Sequence[str]) -> None:
        self.release, self.code, self.peers = release, code, peers
        rows = release.of_area("values", code, area_type=PROVIDER, sex="persons", age_band="all")
        self.values = {row["indicator"]: row for row in sorted(rows, key=lambda row: row["period_end"])}
        for indicator in self.values:
            latest = latest_figures(release, indicator)
            if latest is not None and code in latest.values:
                self.values[indicator] = latest.values[code]
        self.signals = {row["indicator"]: row for row in spc_signals.signals(release, code)}
        self.news = {row["indicator"]: row for row in inbox(release, code)}
        self.opportunities = {row["indicator"]: row for row in opportunities_of(release, code)}

    def row(self, compartment: str, indicator: str) -> Row:
        value, about = self.values[indicator], self.release.catalogue["indicators"][indicator]
        signal, news = self.signals.get(indicator, {}), self.news.get(indicator, {})
        row = {
            **value,
            "compartment": compartment,
            "name": self.release.areas[self.code]["name"],
            "title": about["short_title"],
            "unit": about["unit"],
            **self._compared(value),
            **self._standard(value, about),
            **self._beside_peers(value),
            "variation": signal.get("variation"),
            "assurance": signal.get("assurance"),
            "news": news.get("news"),
            "priority": news.get("priority"),
            **self._to_gain(indicator, about),
            "note": self._note(value),
        }
        return {column: row[column] for column in COLUMNS}

    def _is_latest(self, value: Row) -> bool:
        latest = latest_figures(self.release, value["indicator"])
        return latest is not None and latest.period == (value["period_start"], value["period_end"])

    def _compared(self, value: Row) -> Row:
        latest = latest_figures(self.release, value["indicator"])
        found = latest.compared.get(self.code) if latest is not None and self._is_latest(value) else None
        columns = ("benchmark_value", "difference", "significance")
        return {column: found[column] if found else None for column in columns}

    def _standard(self, value: Row, about: Row) -> Row:
        """Each standard in force in the period with whether the figure meets it; ``meets_standard``: the first one,
        which is the constitutional one where there is one."""
        held = standards.in_force(self.release.catalogue["targets"], about, PROVIDER, value["period_end"])
        is_met = [_meets(value, one) for one in held]
        said = (f"{one['level']} ({one['kind']}): {MET[met]}" for one, met in zip(held, is_met, strict=True))
        return {"standard": "; ".join(said) or None, "meets_standard": is_met[0] if held else None}

    def _beside_peers(self, value: Row) -> Row:
        """The median of the peers with a full return in the period, and how many of them there are."""
        latest = latest_figures(self.release, value["indicator"])
        rows = [latest.values.get(peer) for peer in self.peers] if latest and self._is_latest(value) else []
        known = [row["value"] for row in rows if row and is_full_return(row) and row["value"] is not None]
        return {
            "peers_median": float(median(known)) if known else None,
            "peers_on_file": len(known),
            "peers": len(self.peers),
        }

    def _to_gain(self, indicator: str, about: Row) -> Row:
        found = self.opportunities.get(indicator)
        words = "; the same as ".join(gain_in_words(found, about)) if found else None
        return {**{name: found[name] if found else None for name in OF_OPPORTUNITY}, "amount_in_words": words}

    def _note(self, value: Row) -> str | None:
        """The row's own, after what is to be known of a figure that others have a later one of."""
        latest = latest_figures(self.release, value["indicator"])
        if latest is None or self._is_latest(value):
            return value["note"]
        late = f"not compared: nothing on file for {period_name(*latest.period)}, which others returned"
        return f"{late}; {value['note']}" if value["note"] else late


def _meets(value: Row, standard: Row) -> bool | None:
    """None where the figure is no full return: nobody can say."""
    if not is_full_return(value) or value["value"] is None:
        return None
    return (
        value["value"] >= standard["value"] if standard["at_least"] else value["value"] <= standard["value"]
    )


def _line(row: Row) -> Row:
    return {
        **{key: row[key] for key in ("area", "name", "compartment", "indicator")},
        "period": period_name(row["period_start"], row["period_end"]),
        **{
            key: row[key]
            for key in ("status", "value", "lower_95", "upper_95", "benchmark_value", "significance")
        },
        "peers_median": row["peers_median"],
        "of_peers": f"{row['peers_on_file']} of {row['peers']}" if row["peers"] else None,
        "meets_standard": None if row["standard"] is None else MET[row["meets_standard"]],
        "control_chart": WORDS.get(row["variation"]),
        "inbox": row["news"],
        "to_gain": _gain(row),
        "note": row["note"],
    }


def _gain(row: Row) -> str | None:
    return f"{row['amount_in_words']} ({doubt})" if (doubt := doubt_of(row)) else row["amount_in_words"]


def doubt_of(row: Row) -> str:
    """What keeps an amount from being declared; empty where nothing does, and where there is none."""
    is_doubtful = row["amount"] is not None and not row["is_headline"] and figure(row["upper"]) != "0"
    return "not sure enough to declare" if is_doubtful else ""
