"""The addresses of one chart in all its forms: for a desk and a phone, alive, and as files to take away."""


def pictures(base: str, query: str = "", width: str = "page") -> dict[str, str]:
    """``base`` without its ending; ``query`` is empty or begins with a question mark; ``width``: on a desk."""
    wide, narrow = (f"{query}{'&' if query else '?'}width={each}" for each in (width, "phone"))
    return {
        "svg": f"{base}.svg{wide}",
        "svg_phone": f"{base}.svg{narrow}",
        "json": f"{base}.json{wide}",
        "json_phone": f"{base}.json{narrow}",
        "svg_file": f"{base}.svg{query}",
        "png": f"{base}.png{query}",
    }
