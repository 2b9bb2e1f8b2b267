"""Tables worked out from the values: with whom to compare, what explains the differences, how lasting they are."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from careatlas.build.areas import Areas
from careatlas.catalogue.library import Catalogue


@dataclass(frozen=True)
class Known:
    """What a build knows once its values stand. ``small`` gives a tidied table whole, empty where no file does."""

    values: pd.DataFrame
    comparisons: pd.DataFrame
    areas: Areas
    catalogue: Catalogue
    small: Callable[[str], pd.DataFrame]


def derived_tables(known: Known, say: Callable[[str], None]) -> dict[str, pd.DataFrame]:
    """Release tables by name, in the order in which they rest on each other."""
    found: dict[str, pd.DataFrame] = {}
    return found
