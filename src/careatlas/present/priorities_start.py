"""A worksheet to start from: an area's opportunities, or a made-up example.

An opportunity says how many fewer or more there would be beside the best five like it, and how likely that gap is. It
does not say what an action would cost, achieve, or how likely it is to work: that is the group's to fill in.
"""

from careatlas.catalogue.library import CONTENT
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.methods.opportunity import two_figures
from careatlas.present.opportunities import list_opportunities
from careatlas.present.opportunity_words import between, figure, way
from careatlas.present.periods import period_name
from careatlas.present.queries import Row, area_named
from careatlas.present.worksheet import Written, WrittenOption, read_worksheet, tidied
from careatlas.present.worksheet_checks import OF_A_GAP

MOST_FROM_AREA = 20  # the surest; with all of them an address would be too long to send round


def worksheet_of_area(release: Release, area: str) -> Written:
    """The area's surest opportunities as options to invest in, cost and benefit left to the group.

    Refuses an area that is not known, or has no opportunity above zero."""
    code = area_named(release, area)
    found = [row for row in list_opportunities(release, code) if row["amount"] > 0]
    if not found:
        raise NotKnownError(code, "has no opportunity above zero.", "Start from an empty worksheet.")
    indicators = release.catalogue["indicators"]
    options = tuple(_option(row, indicators) for row in found[:MOST_FROM_AREA])
    return tidied(Written(title=f"{release.areas[code]['name']}: priorities", area=code, options=options))


def example() -> Written:
    """Made-up options, and so named."""
    path = CONTENT / "priorities" / "simulated_example.csv"
    return read_worksheet(path.read_text(encoding="utf-8"), path.name)


def _option(row: Row, indicators: dict[str, Row]) -> WrittenOption:
    about = indicators[row["indicator"]]
    cells = {
        "key": row["indicator"],
        "option": about["short_title"],
        "kind": "invest",
        "people": _plain(row["amount"]),
        "people_low": _plain(min(row["lower"], row["amount"])),
        "people_high": _plain(max(row["upper"], row["amount"])),
        "likelihood": "" if row["probability"] is None else f"{row['probability']:.2f}",
        "likelihood_of": OF_A_GAP,
        "note": _note(row, about, indicators),
    }
    return WrittenOption(cells)


def _note(row: Row, about: Row, indicators: dict[str, Row]) -> str:
    when = period_name(row["period_start"], row["period_end"])
    said = [
        f"gap of {between(row)} {way(row, about)} beside the best five like it (95% interval; chance alone shows "
        f"{figure(row['chance_only'])}; {when})"
    ]
    said += ["one period: no evidence of a gap"] if row["probability"] is None else []
    others = [id for id in (row["overlaps_with"] or "").split(", ") if id in indicators]
    said += [f"overlaps with {', '.join(indicators[id]['short_title'] for id in others)}"] if others else []
    return "; ".join(said)


def _plain(amount: float) -> str:
    """Two figures, as a cell holds a number."""
    return f"{float(two_figures(amount)):.6f}".rstrip("0").rstrip(".")
