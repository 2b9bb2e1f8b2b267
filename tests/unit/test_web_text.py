"""Written text as HTML: nothing in it may run, lead to another host unawares, or load a picture."""

import re

import pytest

from careatlas.web.text import from_docstring, from_markdown, title_of

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "[click](//elsewhere.example/x)",
    "[click](/\\elsewhere.example)",
    "![picture](https://elsewhere.example/x.png)",
    "<a href='https://x' onmouseover='alert(1)'>x</a>",
    '<https://x.example/" onclick="alert(1)>',
    "<style>body{display:none}</style>",
    "<iframe src='https://elsewhere.example'></iframe>",
    "<svg/onload=alert(1)>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markdown_cannot_carry_script_or_pictures_or_hidden_hosts(payload):
    page = from_markdown(f"Before {payload} after")
    assert "Before" in page
    for forbidden in (
        "<script",
        "<img",
        "<svg",
        "<iframe",
        "<style",
        'href="javascript',
        'href="data',
        'href="//',
        'href="/\\',
    ):
        assert forbidden not in page
    assert not re.search(r"<[^<>]*\son\w+=", page)  # as text it may stand, as an attribute not


def test_links_of_our_own_and_over_https_are_kept():
    assert '<a href="/methods/"' in from_markdown("[methods](/methods/)")
    assert '<a href="https://www.england.nhs.uk/"' in from_markdown("[NHS](https://www.england.nhs.uk/)")


def test_the_first_heading_is_the_title_and_not_repeated():
    assert title_of("# How to read\n\nText", "x") == "How to read"
    assert "How to read" not in from_markdown("# How to read\n\nText")


def test_tables_scroll_by_keyboard_and_their_headings_have_a_scope():
    page = from_markdown("| a | b |\n|---|---|\n| 1 | 2 |")
    assert 'class="table-scroll" tabindex="0"' in page
    assert '<th scope="col">a</th>' in page


def test_a_docstring_keeps_its_worked_example_and_escapes_its_signs():
    page = from_docstring("Rates < 1.\n\n>>> 1 + 1\n2")
    assert "<p>Rates &lt; 1.</p>" in page
    assert "<code>&gt;&gt;&gt; 1 + 1\n2</code>" in page
