"""What people of the simulated country say they did: ``content/library/simulated.yaml``. Made up, and said to be."""

import functools

from careatlas.catalogue.definition import Definition
from careatlas.catalogue.library import load_for_library


class MadeUp(Definition):
    """One account; without an ``indicator`` it serves for any, and ``{topic}`` stands for its name."""

    indicator: str = ""
    setting: str
    title: str
    problem: str
    done: str
    enablers: str


@functools.cache
def load_made_up() -> list[MadeUp]:
    return load_for_library("simulated", list[MadeUp])
