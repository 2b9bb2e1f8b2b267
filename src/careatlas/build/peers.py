"""The areas most like each area in its people, and the providers most like each in kind and size: table ``peers``.

By the covariates whose file says ``for_peers``, each counting alike (`careatlas.methods.peers`). Of areas: how old,
how deprived, how densely settled and how many the people are. Of providers: how many staff, and what their work is.
Outcomes and supply are never among them (`careatlas.catalogue.covariate_checks`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from careatlas.build.areas import Areas
from careatlas.build.covariates import at_period
from careatlas.catalogue.area import AreaType
from careatlas.catalogue.covariate import Covariate
from careatlas.engine.tables import RELEASE
from careatlas.methods.peers import CALIPER_SHARE, FEWEST, inclusion_share
from careatlas.methods.peers import peers as most_alike

FEWEST_AREAS = 30  # of fewer, the ten most alike would be most of the list, whoever they are
FEWEST_COVARIATES = 2  # one alone orders areas in a line and finds nobody alike


def peers(
    covariates: pd.DataFrame,
    declared: Mapping[str, Covariate],
    areas: Areas,
    area_types: Mapping[str, AreaType],
) -> pd.DataFrame:
    """Rows of the table ``peers`` from those of ``covariates``; none where too little is on file to choose by. An area
    with a covariate that is not known has no peers and is nobody's."""
    rows = [pd.DataFrame(columns=RELEASE["peers"].column_names)]
    for area_type in area_types:
        on_file = set(covariates.loc[covariates["area_type"] == area_type, "covariate"])
        wanted = [each for each in declared.values() if each.for_peers and each.id in on_file]
        codes = areas.current(area_type)
        if len(wanted) < FEWEST_COVARIATES:
            continue
        variables = _last_known(covariates, wanted, area_type, codes)
        is_known = ~np.isnan(variables).any(axis=1)
        if is_known.sum() >= FEWEST_AREAS:
            of_kinds = any(each.area_types for each in wanted)
            rows.append(_rows(area_type, np.array(codes)[is_known], variables[is_known], of_kinds))
    return pd.concat([each for each in rows if len(each)] or rows, ignore_index=True)


def _last_known(
    covariates: pd.DataFrame, wanted: Sequence[Covariate], area_type: str, codes: Sequence[str]
) -> np.ndarray:
    """``[area, covariate]``, of each area the last that is known: a trust that sent no return this quarter is still
    of the kind it was."""
    known = covariates[covariates["area_type"] == area_type].dropna(subset=["value"])
    last = known.sort_values("period_end").drop_duplicates(["covariate", "area"], keep="last")
    today = pd.to_datetime(covariates["period_end"]).max()
    return at_period(last.assign(period_start=today), wanted, area_type, codes, today)


def _rows(area_type: str, codes: np.ndarray, variables: np.ndarray, of_kinds: bool) -> pd.DataFrame:
    """One row an area and place. ``of_kinds``: areas that fall into kinds, of which some have few members."""
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
            "good_match": (_near_enough(found.distance) if of_kinds else found.peer >= 0)[shown],
            "inclusion_share": inclusion_share(variables)[shown],
        }
    )


def _near_enough(distance: np.ndarray) -> np.ndarray:
    """Where kinds have fewer than ten others (there are ten ambulance trusts) the tenth nearest says nothing of how
    near a good match is: the caliper is taken from the fifth, which is as many as a good match needs."""
    is_near = distance <= np.nanquantile(distance[:, FEWEST - 1], CALIPER_SHARE)
    return is_near & (is_near.sum(axis=1, keepdims=True) >= FEWEST)
