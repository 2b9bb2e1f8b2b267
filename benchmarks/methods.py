"""What the statistics take, beside independent packages on the same numbers in one run. `make bench` runs it.

Prints one table, and draws how each method grows with the number of areas (``docs/methods-growth.svg``). No speed
is asserted: figures depend on the machine, and only ratios taken in one run say anything.
"""

import importlib
import sys

import growth

TOPICS = ("rates", "funnels", "maps", "bym2", "variation", "series")


def main(topics: list[str]) -> None:
    print(f"{'':66} {'ours':>11} | {'other':>12} {'ratio':>10} | {'to meet':18} | other")
    for topic in topics or TOPICS:
        for row in importlib.import_module(topic).comparisons():
            print(row, flush=True)
    if not topics:
        growth.draw()


if __name__ == "__main__":
    main(sys.argv[1:])
