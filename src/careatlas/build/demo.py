"""The demo: a simulated country, built like a real one."""

from pathlib import Path

from careatlas.build.pipeline import Say, build
from careatlas.engine.release import Release
from careatlas.sources.simulated_country import write_country


def build_demo(home: Path, seed: int, months: int, full_size: bool, say: Say) -> Release:
    """Write the simulated publishers' files under ``home/country`` and build from them."""
    say(f"making a simulated country (seed {seed}, {months} months)")
    write_country(home / "country", seed=seed, months=months, full_size=full_size, say=say)
    return build(home / "country" / "data", home, say=say)
