"""How a source knows its publisher's files on the web: patterns of links, and fixed addresses.

Publishers name a period in a link's words or address ("Monthly A&E August 2025", "Admitted-Dec24.xlsx").
A source declares what such a link looks like, with an example; `careatlas.sources.download` follows them.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

_MONTHS = [name.lower() for name in calendar.month_abbr if name]
MONTH_AND_YEAR = rf"(?<![a-z])(?P<month>{'|'.join(_MONTHS)})[a-z]*[-_ ]*(?P<year>(?:20)?\d\d)(?!\d)"
FIRST_MONTH_AND_YEAR = (
    rf"(?<![a-z])(?P<first_month>{'|'.join(_MONTHS)})[a-z]*[-_ ]*(?P<first_year>(?:20)?\d\d)(?!\d)"
)
FINANCIAL_YEAR = r"(?<!\d)(?P<financial_year>(?:20)?\d\d)(?:[-_/ ]|-to-)(?:20)?\d\d(?!\d)"


@dataclass(frozen=True)
class Link:
    """A link on a page: its words, and the address it leads to."""

    words: str
    address: str


@dataclass(frozen=True)
class LinkPattern:
    """How a link on the publisher's page is known, and how it names the period of what it leads to.

    ``address`` and ``words`` are regular expressions, searched in the link's decoded address and in its words
    whatever the case; both must be found. Between them they name the period in the groups ``month`` and
    ``year`` (`MONTH_AND_YEAR`; with `FIRST_MONTH_AND_YEAR` for several months), ``year`` alone (with ``last_year``
    for several years) or ``financial_year`` (`FINANCIAL_YEAR`). ``example`` is a link as the publisher writes it, and
    ``names`` the first and last day it stands for: the family exam of sources runs them.
    """

    address: str
    example: Link
    names: tuple[date, date]
    words: str = ""

    def period_of(self, link: Link) -> tuple[date, date] | None:
        """First and last day that ``link`` names; None where it is not such a link."""
        in_address = re.search(self.address, unquote(link.address), re.IGNORECASE)
        in_words = re.search(self.words, link.words, re.IGNORECASE)
        if not (in_address and in_words):
            return None
        groups = in_address.groupdict() | in_words.groupdict()
        if "financial_year" in groups:
            first_year = _full_year(groups["financial_year"])
            return date(first_year, 4, 1), date(first_year + 1, 3, 31)
        year = _full_year(groups["year"])
        if "month" in groups:
            month = _MONTHS.index(groups["month"].lower()) + 1
            first_month = _MONTHS.index(groups.get("first_month", groups["month"]).lower()) + 1
            first_year = _full_year(groups.get("first_year", groups["year"]))
            return date(first_year, first_month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return date(year, 1, 1), date(_full_year(groups.get("last_year") or groups["year"]), 12, 31)


@dataclass(frozen=True)
class Address:
    """A file at a known address, where a publisher offers an address to ask rather than a page of links.

    Such a file holds every period the publisher has, so it is fetched whatever range is asked for.
    """

    url: str
    file_name: str


def links_in(html: str, address: str) -> list[Link]:
    """The links of the page that was read at ``address``, in its order."""
    reader = _LinkReader(address)
    reader.feed(html)
    reader.close()
    return reader.links


def _full_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


class _LinkReader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.base = address
        self.links: list[Link] = []
        self._words: list[str] = []
        self._leads_to: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "base" and href:
            self.base = _resolved(self.base, href) or self.base
        if tag == "a":
            self._end_link()
            self._leads_to = href

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_link()

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def close(self) -> None:
        super().close()
        self._end_link()

    def _end_link(self) -> None:
        address = _resolved(self.base, self._leads_to) if self._leads_to else None
        if address:
            self.links.append(Link(" ".join("".join(self._words).split()), address))
        self._words, self._leads_to = [], None


def _resolved(base: str, href: str) -> str | None:
    """The whole address of a link; None for mail addresses, scripts and nonsense, which lead to no file."""
    try:
        address = urldefrag(urljoin(base, href.strip())).url
        return address if urlsplit(address).scheme in ("http", "https") else None
    except ValueError:
        return None
