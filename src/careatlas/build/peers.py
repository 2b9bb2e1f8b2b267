"""The areas most like each area in its people: the table ``peers``, by `careatlas.methods.peers`.

By the covariates whose file says ``for_peers``: how old, how deprived, how densely settled and how many the people
are, each counting alike. Outcomes and supply are never among them (`careatlas.catalogue.covariate_checks`).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from careatlas.build.areas import Areas
from careatlas.build.covariates import at_period
from careatlas.catalogue.area import AreaType
from careatlas.catalogue.covariate import Covariate
from careatlas.engine.tables import RELEASE
from careatlas.methods.peers import inclusion_share
from careatlas.methods.peers import peers as most_alike

FEWEST_AREAS = 30  # of fewer, the ten most alike would be most of the list, whoever they are
FEWEST_COVARIATES = 2  # one alone orders areas in a line and finds nobody alike


def peers(
    covariates: pd.DataFrame,
    declared: Mapping[str, Covariate],
    areas: Areas,
    area_types: Mapping[str, AreaType],
) -> pd.DataFrame:
    """Rows of the table ``peers`` from those of ``covariates``; none where too little is on file to choose by."""
    rows = [pd.DataFrame(columns=RELEASE["peers"].column_names)]
    for area_type in area_types:
        on_file = set(covariates.loc[covariates["area_type"] == area_type, "covariate"])
        wanted = [each for each in declared.values() if each.for_peers and each.id in on_file]
        codes = areas.current(area_type)
        if len(codes) >= FEWEST_AREAS and len(wanted) >= FEWEST_COVARIATES:
            latest = pd.to_datetime(covariates["period_end"]).max()
            variables = at_period(covariates, wanted, area_type, codes, latest)
            rows.append(_rows(area_type, np.array(codes), variables))
    return pd.concat([each for each in rows if len(each)] or rows, ignore_index=True)


def _rows(area_type: str, codes: np.ndarray, variables: np.ndarray) -> pd.DataFrame:
    """One row an area and place; an area with a covariate that is not known has no peers and is nobody's."""
    found = most_alike(variables)
    place = np.broadcast_to(np.arange(1, found.nearest.shape[-1] + 1), found.nearest.shape)
    shown = found.nearest >= 0
    return pd.DataFrame(
        {
            "area_type": area_type,
            "area": np.broadcast_to(codes[:, None], shown.shape)[shown],
            "peer": codes[found.nearest[shown]],
            "rank": place[shown],
            "distance": found.distance[shown],
            "good_match": (found.peer >= 0)[shown],
            "inclusion_share": inclusion_share(variables)[shown],
        }
    )
