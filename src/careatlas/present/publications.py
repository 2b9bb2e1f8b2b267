"""Which publications an indicator is counted from: those that fill the tables its definition names."""

from collections.abc import Iterable

from careatlas.engine.release import Release
from careatlas.present.queries import Row


def publications_of(release: Release, indicators: Iterable[Row]) -> list[Row]:
    """The release's sources that fill a table of any of these indicators' numerators, each once."""
    tables = {indicator["numerator"]["table"] for indicator in indicators}
    return [source for source in release.manifest["sources"] if tables & set(source["tables"])]
