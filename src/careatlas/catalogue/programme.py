"""Programmes: what care money is for (programme-budget categories) and who leads change (workstreams).

One file each in ``content/programmes``. Every indicator names the one it belongs to.
"""

from typing import Literal

from careatlas.catalogue.definition import Definition


class Programme(Definition):
    """``number`` is a programme-budget category's; ``family`` is a workstream's. ``source`` says who
    defined it.
    """

    id: str
    title: str
    kind: Literal["programme_budget_category", "workstream"]
    number: int | None = None
    family: Literal["commissioning_and_pathways", "provider_efficiency", "system_enablers"] | None = None
    covers: str
    source: str
