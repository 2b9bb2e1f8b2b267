"""Where care is given, as an example of the library says it: ``content/library/settings.yaml``, in the form's order."""

import functools

from careatlas.catalogue.definition import Definition
from careatlas.catalogue.library import load_for_library


class CareSetting(Definition):
    id: str
    title: str


@functools.cache
def load_care_settings() -> dict[str, str]:
    """Titles by id."""
    return {one.id: one.title for one in load_for_library("settings", list[CareSetting])}
