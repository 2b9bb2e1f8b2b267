"""Written text as safe HTML: content pages in Markdown, docstrings of methods, paragraphs of a definition.

Three locks, one behind the other: raw HTML is not let through, what results is cut to a short list of
elements, and the pages' content policy runs no inline script.
"""

import functools
import html
import re
from importlib import resources

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

import careatlas

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_ELEMENTS = {
    *("p", "h2", "h3", "h4", "ul", "ol", "li", "a", "strong", "em", "code", "pre", "blockquote", "hr", "br"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


def from_markdown(text: str) -> SafeString:
    """A content page's body: its first-level heading is the page's title and left out here."""
    body = re.sub(r"\A\s*# .*\n", "", text)
    clean = nh3.clean(
        _markdown.render(body),
        tags=_ELEMENTS,
        attributes={"a": {"href"}},
        url_schemes={"https", "mailto"},
        attribute_filter=_no_foreign_roots,
        link_rel="noopener",
    )
    return mark_safe(_scrolling_tables(clean))


def written_by_people(text: str) -> SafeString:
    """What somebody wrote in a form: headings come below the page's own, links lead to https or mail, nothing loads."""
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3" if token.tag in ("h1", "h2") else "h4"
    clean = nh3.clean(
        _markdown.renderer.render(tokens, _markdown.options, {}),
        tags=_ELEMENTS,
        attributes={"a": {"href"}},
        url_schemes={"https", "mailto"},
        attribute_filter=_only_elsewhere_and_safe,
        link_rel="noopener nofollow ugc",
    )
    return mark_safe(_scrolling_tables(clean))


@functools.cache
def content_pages() -> dict[str, str]:
    """Every page in content/pages, by the name of its file. Placing a file there is enough."""
    folder = resources.files(careatlas) / "content" / "pages"
    found = [path for path in folder.iterdir() if path.name.endswith(".md")] if folder.is_dir() else []
    return {
        path.name[:-3]: path.read_text(encoding="utf-8") for path in sorted(found, key=lambda path: path.name)
    }


def title_of(text: str, otherwise: str) -> str:
    """The first-level heading of a Markdown text."""
    found = re.match(r"\s*# (.+)", text)
    return found[1].strip() if found else otherwise


def from_docstring(text: str) -> SafeString:
    """A docstring: paragraphs as text, worked examples and indented blocks as they stand."""
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    return mark_safe("\n".join(_block(block) for block in blocks if block.strip()))


def _block(block: str) -> str:
    if block.lstrip().startswith(">>>") or block.startswith("    ") or "\n    " in block:
        return f'<pre tabindex="0"><code>{html.escape(block)}</code></pre>'
    escaped = html.escape(" ".join(block.split()))
    return "<p>" + re.sub(r"``?([^`]+)``?", r"<code>\1</code>", escaped) + "</p>"


def _no_foreign_roots(element: str, attribute: str, value: str) -> str | None:
    """``//host/…`` names another host although it looks like one of our own addresses."""
    return None if attribute == "href" and re.match(r"\s*[/\\]{2}", value) else value


def _only_elsewhere_and_safe(element: str, attribute: str, value: str) -> str | None:
    """Nobody's text leads to an address of the atlas under words that say another."""
    return value if re.match(r"https://[^/\\]|mailto:", value, re.IGNORECASE) else None


def _scrolling_tables(page: str) -> str:
    opening = '<div class="table-scroll" tabindex="0" role="region" aria-label="Table"><table>'
    page = page.replace("<th>", '<th scope="col">')
    return page.replace("<table>", opening).replace("</table>", "</table></div>")
