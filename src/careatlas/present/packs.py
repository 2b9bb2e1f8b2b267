"""Packs of many areas, written as files: each in a process of its own where there are cores for it."""

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from careatlas.engine.release import Release, open_release
from careatlas.present.pack import pack
from careatlas.present.pack_facts import PackFacts
from careatlas.present.typeset import to_pdf


def areas_with_packs(release: Release) -> list[str]:
    """The areas of the smallest kind that others are sums of, by code."""
    types = release.catalogue["area_types"]
    summed = {each["rolls_up_from"] for each in types.values() if each.get("rolls_up_from")}
    base = {id for id in summed if not types[id].get("rolls_up_from")}
    return sorted(
        code for code, area in release.areas.items() if area["area_type"] in base and not area["valid_to"]
    )


def write_packs(
    release: Release, areas: Sequence[str], into: Path, say: Callable[[str], None] = lambda told: None
) -> list[Path]:
    """``pack-<code>.pdf`` of each, by code or name; every name is checked before the first is written."""
    codes = list(dict.fromkeys(PackFacts.of(release, area).code for area in areas))
    into.mkdir(parents=True, exist_ok=True)
    if len(codes) == 1:
        return [_write(release.folder, codes[0], into)]
    written = []
    workers = min(len(codes), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as processes:
        waiting = [processes.submit(_write, release.folder, code, into) for code in codes]
        for number, done in enumerate(as_completed(waiting), start=1):
            written.append(done.result())
            say(f"[{number}/{len(codes)}] {written[-1].name}")
    return sorted(written)


def _write(folder: Path, code: str, into: Path) -> Path:
    """Whole or not at all."""
    target = into / f"pack-{code}.pdf"
    unfinished = target.with_suffix(".unfinished")
    unfinished.write_bytes(to_pdf(pack(_opened(folder), code)))
    return unfinished.replace(target)


@functools.cache
def _opened(folder: Path) -> Release:
    """A process opens a release once."""
    return open_release(folder)
