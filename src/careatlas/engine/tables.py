"""Every table of the atlas, by name. A column not declared in one of them does not exist.

Two families: *tidied tables* are what sources make of publishers' files, *release tables* are what a build
publishes and every face reads.
"""

from careatlas.engine.derived_tables import DERIVED_TABLES
from careatlas.engine.release_tables import RELEASE_TABLES
from careatlas.engine.table import Table
from careatlas.engine.tidied_tables import TIDIED_TABLES

TIDIED: dict[str, Table] = {table.name: table for table in TIDIED_TABLES}
RELEASE: dict[str, Table] = {table.name: table for table in [*RELEASE_TABLES, *DERIVED_TABLES]}
