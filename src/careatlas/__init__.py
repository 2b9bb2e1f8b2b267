"""Variation in health care: measured honestly, explained, and tracked to what was done about it.

    import careatlas as ca

    ca.methods.crude_rate(count=[12], denominator=[4000], multiplier=1000)
    release = ca.open_release()

Importing this is cheap: the statistics and the engine are read when first used.
"""

import functools
import hashlib
from importlib import import_module
from pathlib import Path
from typing import Any

__version__ = "0.1.0"
__all__ = ["methods", "open_release"]


def __getattr__(name: str) -> Any:
    if name == "methods":
        return import_module("careatlas.methods")
    if name == "open_release":
        return import_module("careatlas.engine.release").open_release
    raise AttributeError(f"module 'careatlas' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


@functools.cache
def code_hash() -> str:
    """A hash of this package's code and content: what a release was made by."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".yaml", ".csv") and path.is_file():
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
