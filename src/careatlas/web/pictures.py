"""The addresses of one chart in all its forms: for a desk and a phone, alive, and as files to take away.

They say which code draws, beside the release: a browser keeps a picture for good, and other code draws another.
"""

import functools

from careatlas import code_hash


def pictures(base: str, query: str = "", width: str = "page") -> dict[str, str]:
    """``base`` without its ending; ``query`` is empty or begins with a question mark; ``width``: on a desk."""
    asked = f"{query}{'&' if query else '?'}drawn_by={drawing_code()}"
    wide, narrow = f"{asked}&width={width}", f"{asked}&width=phone"
    return {
        "svg": f"{base}.svg{wide}",
        "svg_phone": f"{base}.svg{narrow}",
        "json": f"{base}.json{wide}",
        "json_phone": f"{base}.json{narrow}",
        "svg_file": f"{base}.svg{asked}",
        "png": f"{base}.png{asked}",
    }


@functools.cache
def drawing_code() -> str:
    """What draws the charts: part of their addresses and of their files' names."""
    return code_hash()[:12]
