"""The one palette, for charts, maps and pages.

Colours are told apart by people with any kind of colour vision (after Wong, Points of view: Color blindness,
Nature Methods 2011, darkened where a mark would fall under 3:1 on white; text is at least 4.5:1). Colour
never carries a meaning alone: a shape, an outline or a word says it too.
"""

INK = "#212b32"
MUTED = "#4c6272"  # secondary text
GRID = "#d8dde0"
PAPER = "#ffffff"

AREA = "#5e7f9b"  # an area among the others
SELECTED = "#c24e00"
NATIONAL = INK
HIGHLIGHT = "#000000"  # the outline of what the reader points at

BETTER = "#0072b2"
WORSE = "#c24e00"
SIMILAR = "#6b7a86"
HIGHER = "#08306b"  # neither better nor worse: two blues
LOWER = "#3a86bd"
SIGNIFICANCE = {
    "better": BETTER,
    "worse": WORSE,
    "similar": SIMILAR,
    "higher": HIGHER,
    "lower": LOWER,
    "not_compared": SIMILAR,
}
SIGNIFICANCE_SHAPE = {
    "better": "triangle-up",
    "worse": "triangle-down",
    "similar": "circle",
    "higher": "square",
    "lower": "diamond",
    "not_compared": "circle",
}

FIFTHS = ("#e3eef8", "#b3d0ea", "#6fa6d3", "#2c70b0", "#08306b")  # lowest fifth to highest, no judgement
OUTLINE = "#4c6272"
WITHOUT_VALUE = "#62717d"  # hatching, crosses and words where no value can be shown

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def contrast(colour: str, on: str = PAPER) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(colour), _luminance(on)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
