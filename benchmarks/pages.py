"""How long each kind of page takes the server: from nothing kept, and asked again.

    python benchmarks/pages.py HOME

The server's own application answers in this process, without a network. Of each kind some sixty addresses (other
indicators, areas, levels, periods) are asked for in one mixed order, then all of them again, when the page cache
answers. Wall time is what a reader waits; processor time is what the page costs however busy the machine is.
The first page after start is printed by itself: what a server reads before it listens is in "start".
"""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

import numpy as np

ASKED = 60
HEADING = f"""
{"milliseconds":28}  pages |   not kept: wall   |  not kept: processor |    kept: wall
{"kind of page":28}        |  p50   p95   max   |  p50   p95   max     |  p50   p95   max"""


def main(home: Path) -> None:
    os.environ["CAREATLAS_HOME"] = str(home)
    started = time.perf_counter()
    from careatlas.web.wsgi import application

    start_seconds = time.perf_counter() - started
    asked = [(kind, address) for kind, addresses in addresses_of(home).items() for address in addresses]
    random.Random(4).shuffle(asked)
    kept_none = {pair: milliseconds(application, pair[1]) for pair in asked}
    kept = {pair: milliseconds(application, pair[1]) for pair in asked}
    first = asked[0]
    print(f"start {start_seconds:.1f} s; then the first page ({first[1]}) {kept_none[first][0]:.0f} ms")
    print(HEADING)
    for kind in dict.fromkeys(kind for kind, _ in asked):
        own = [pair for pair in asked if pair[0] == kind]
        columns = [
            *([kept_none[pair][clock] for pair in own] for clock in (0, 1)),
            [kept[pair][0] for pair in own],
        ]
        print(f"{kind:28} {len(own):6} |{' |'.join(map(spread, columns))}")


def milliseconds(application: Callable[..., Any], address: str) -> tuple[float, float]:
    """Wall and processor time of one answer, read to its end. Anything but a full answer stops the benchmark."""
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {"PATH_INFO": path, "QUERY_STRING": query, "HTTP_ACCEPT_ENCODING": "gzip"}
    setup_testing_defaults(environ)
    answered: list[str] = []
    wall, processor = time.perf_counter(), time.process_time()
    b"".join(application(environ, lambda status, headers: answered.append(status)))
    spent = time.perf_counter() - wall, time.process_time() - processor
    if answered != ["200 OK"]:
        sys.exit(f"{address} answered {answered}")
    return 1000 * spent[0], 1000 * spent[1]


def spread(times: list[float]) -> str:
    middle, high, most = np.percentile(times, [50, 95, 100])
    return f"{middle:6.1f} {high:6.1f} {most:6.1f}"


def addresses_of(home: Path) -> dict[str, list[str]]:
    """Addresses of each kind of page, drawn from what the release has, the same in every run."""
    from careatlas.engine.release import open_release
    from careatlas.web import reading
    from careatlas.web.ready import LISTS

    release, chance = (
        open_release(home),
        random.Random(4),
    )  # a release of our own: the server's has read nothing
    names = [one["id"] for one in reading.indicators_with_values(release)]
    areas = [area for own in reading.areas_by_type(release).values() for area in own]
    indicators = [of_indicator(release, chance, name) for name in chance.choices(names, k=ASKED)]
    waits = [of_waits(release, chance) for _ in range(ASKED)]
    some = chance.sample([one for one in areas if one["area_type"] != "practice"], ASKED)
    return {
        "home, lists, methods": [f"{address}?again=1" for address in (*LISTS, *method_pages())],
        "search": [f"/search/?{urlencode({'q': one['name']})}" for one in some],
        "indicator": [f"/indicators/{name}/{query}" for name, query in indicators],
        "why": [f"/indicators/{name}/why/{query}" for name, query in indicators],
        "indicator over time": [f"/indicators/{name}/over-time/{query}" for name, query in indicators],
        "waiting times": [f"/waiting-times/{query}" for query in waits],
        "waiting times over time": [f"/waiting-times/over-time/{query}" for query in waits],
        "waiting times by hospital": [f"/waiting-times/hospitals/{query}" for query in waits],
        "reproduction": [f"/waiting-times/reproduction/?again={n}" for n in range(ASKED)],
        "compare": [f"/compare/{of_pair(release, chance, names)}" for _ in range(ASKED)],
        "area": [f"/areas/{one['code']}/" for one in some],
    }


def method_pages() -> list[str]:
    from careatlas import methods

    return ["/methods/", *(f"/methods/{name}/" for name in methods.names())]


def of_indicator(release: Any, chance: random.Random, name: str) -> tuple[str, str]:
    """An indicator at one of its levels, in any period, of the country or of an area."""
    from careatlas.web import reading

    level = chance.choice(reading.area_types_of(release, name))
    period = chance.choice(reading.periods(reading.values(release, name, level)))
    chosen = {"area_type": level, "period": period.code, "area": any_area(release, chance, level)}
    return name, "?" + urlencode(chosen)


def of_waits(release: Any, chance: random.Random) -> str:
    """A specialty's waits in any part, over any window, per people of any kind."""
    from careatlas.web import waiting_choice

    level = chance.choice(waiting_choice.levels_of(release))
    choice = waiting_choice.choose(
        release,
        {
            "specialty": chance.choice(waiting_choice.specialties(release)),
            "part": chance.choice([*waiting_choice.PARTS]),
            "months": str(chance.choice(waiting_choice.MONTHS)),
            "area_type": level,
            "area": any_area(release, chance, level),
        },
    )
    return choice.query(denominator=chance.choice(choice.kinds_of_people))


def of_pair(release: Any, chance: random.Random, names: list[str]) -> str:
    """Two indicators that have a level in common."""
    from careatlas.web.compare_page import levels_of_both

    while True:
        x, y = chance.sample(names, 2)
        if levels := levels_of_both(release, x, y):
            return "?" + urlencode({"x": x, "y": y, "area_type": chance.choice(levels)})


def any_area(release: Any, chance: random.Random, level: str) -> str:
    """The code of an area of this level; every second time none, which is the whole country."""
    from careatlas.web import reading

    areas = reading.areas_by_type(release).get(level, [])
    return chance.choice(areas)["code"] if areas and chance.random() < 0.5 else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
