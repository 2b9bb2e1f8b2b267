"""Smoothing beside PySAL: Marshall's estimates on its own example maps and on random ones."""

import csv
import warnings
from pathlib import Path

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # other packages' deprecations
    import libpysal
    from esda import smoothing as esda_smoothing

from careatlas.methods import smoothing


def infant_deaths(year):
    with (Path(__file__).parent.parent / "gold" / "nc_sids.csv").open(encoding="utf-8") as file:
        counties = list(csv.DictReader(file))
    return (
        np.array([float(county[f"{name}_{year}"]) for county in counties]) for name in ("deaths", "births")
    )


def spatial(count, people, weights):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return esda_smoothing.Spatial_Empirical_Bayes(count, people, weights).r.ravel()


@pytest.mark.parametrize("year", [1974, 1979])
def test_the_global_estimate_of_infant_deaths_is_pysals(year):
    deaths, births = infant_deaths(year)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = esda_smoothing.Empirical_Bayes(deaths, births).r.ravel()
    np.testing.assert_allclose(smoothing.marshall(deaths, births).value, theirs, rtol=1e-10)


def test_the_local_estimate_of_infant_deaths_is_pysals():
    deaths, births = infant_deaths(1974)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = libpysal.io.open(libpysal.examples.get_path("sids2.gal"))
        weights = file.read()
        file.close()
    ours = smoothing.marshall_local(deaths, births, weights.full()[0])
    np.testing.assert_allclose(ours.value, spatial(deaths, births, weights), rtol=1e-9)


def test_estimates_of_random_maps_are_pysals():
    rng = np.random.default_rng(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights = libpysal.weights.lat2W(9, 8)
    for _ in range(50):
        people = rng.uniform(200, 9000, 72).round()
        count = rng.poisson(people * 0.02 * rng.gamma(20, 1 / 20, 72)).astype(float)
        ours = smoothing.marshall_local(count, people, weights.full()[0]).value
        np.testing.assert_allclose(ours, spatial(count, people, weights), rtol=1e-9)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = esda_smoothing.Empirical_Bayes(count, people).r.ravel()
        np.testing.assert_allclose(smoothing.marshall(count, people).value, theirs, rtol=1e-10)
