"""One request to a publisher, over a connection that cannot be turned on a private network.

For `careatlas.sources.download`. An address is spoken to only if its host is one the source declares, it is
https, and every number its name resolves to is public; the name is resolved once and the connection made to
that very number, so a name server that changes its answer changes nothing. Redirects pass the same checks.
"""

import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from careatlas.errors import DownloadError

MOST_REDIRECTS = 3
TIMEOUT_SECONDS = 30
_REDIRECTS = (301, 302, 303, 307, 308)
_WHO_WE_ARE = {"User-Agent": "careatlas", "Accept": "*/*", "Accept-Encoding": "identity"}
_BY_HAND = "Download the file by hand from the publisher's page if you trust it."
_ONLY_ENCRYPTED = "Only encrypted addresses are fetched."
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Dropped(Exception):
    """The connection failed in a way that a second try may mend."""


@dataclass(frozen=True)
class Gate:
    """Who may be spoken to: the publisher's ``hosts``, and hosts the caller has ``vouched`` for.

    Only the latter may be this machine itself, on any port and without encryption.
    """

    hosts: frozenset[str]
    vouched: frozenset[str] = frozenset()


@dataclass
class Reply:
    """An answer whose body is still to be read. ``close()`` it, or use it in a ``with`` statement."""

    address: str
    status: int
    headers: http.client.HTTPMessage
    _response: http.client.HTTPResponse
    _connection: http.client.HTTPConnection

    def __enter__(self) -> "Reply":
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._connection.close()

    @property
    def announced(self) -> int | None:
        """The length of the body, where the server says it."""
        length = self.headers.get("Content-Length", "")
        return int(length) if length.isdigit() else None

    def read(self, most: int) -> bytes:
        try:
            return self._response.read(most)
        except (OSError, http.client.HTTPException) as fault:
            raise Dropped(f"the connection was lost ({fault or type(fault).__name__})") from fault


def ask(address: str, gate: Gate, headers: dict[str, str] | None = None) -> Reply:
    """GET ``address`` and whatever it redirects to, each step through the gate."""
    asked = address
    for _ in range(MOST_REDIRECTS + 1):
        connection, target = _connect(address, gate)
        try:
            connection.request("GET", target, headers=_WHO_WE_ARE | (headers or {}))
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as fault:
            connection.close()
            raise Dropped(f"the connection was lost ({fault or type(fault).__name__})") from fault
        onward = response.headers.get("Location")
        if response.status not in _REDIRECTS or not onward:
            return Reply(address, response.status, response.headers, response, connection)
        response.close()
        connection.close()
        address = _joined(address, onward)
    raise DownloadError(asked, f"it redirects more than {MOST_REDIRECTS} times.", _BY_HAND)


def _joined(address: str, onward: str) -> str:
    try:
        return urljoin(address, onward)
    except ValueError as fault:
        raise DownloadError(address, f"it redirects to {onward!r}, which is no address.", _BY_HAND) from fault


def _connect(address: str, gate: Gate) -> tuple[http.client.HTTPConnection, str]:
    """A connection to the checked and pinned number of the address's host, and what to ask of it."""
    scheme, host, port, target = _checked(address, gate)
    numbers = _resolved_once(address, host, port, gate)
    if scheme == "http" and not all(_innermost(number).is_loopback for number in numbers):
        raise DownloadError(address, "it is not https.", _ONLY_ENCRYPTED)
    plain = _open_socket(numbers, port)
    if scheme == "http":
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        connection.sock = plain
    else:
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS)
        connection.sock = _encrypted(plain, address, host)
    connection.auto_open = 0  # a second connection would resolve the name again
    return connection, target


def _checked(address: str, gate: Gate) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(address)
        host, named_port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as fault:
        raise DownloadError(address, "it is not an address.", _BY_HAND) from fault
    if parts.scheme not in ("https", "http") or not host:
        raise DownloadError(address, "it is not an https address.", _ONLY_ENCRYPTED)
    if parts.username is not None or parts.password is not None:
        raise DownloadError(address, "it carries a user name.", _BY_HAND)
    if host not in gate.hosts | gate.vouched:
        raise DownloadError(
            address,
            f"the host {host} is not one of this source's: {', '.join(sorted(gate.hosts | gate.vouched))}.",
            "If the publisher has moved, add the host to `hosts` in the source's file.",
        )
    usual_port = 443 if parts.scheme == "https" else 80
    port = named_port if named_port is not None else usual_port
    if host not in gate.vouched and (parts.scheme, port) != ("https", 443):
        raise DownloadError(address, "it is not https on its usual port.", _ONLY_ENCRYPTED)
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        target += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return parts.scheme, host, port, target


_Number = ipaddress.IPv4Address | ipaddress.IPv6Address


def _resolved_once(address: str, host: str, port: int, gate: Gate) -> list[_Number]:
    """Every number the host's name stands for; one that is not public condemns them all."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as fault:
        raise DownloadError(address, "its host is not a name.", _BY_HAND) from fault
    except OSError as fault:
        raise Dropped(f"the name {host} could not be looked up ({fault.strerror or fault})") from fault
    numbers = [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    for number in numbers:
        inner = _innermost(number)
        is_this_machine = inner.is_loopback and host in gate.vouched
        if not (is_this_machine or (inner.is_global and not inner.is_multicast)):
            raise DownloadError(address, f"{host} leads to {number}, a private network.", _BY_HAND)
    return numbers


def _innermost(number: _Number) -> _Number:
    """The IPv4 number that an IPv6 number wraps, where it wraps one: ::ffff:127.0.0.1 is this machine too."""
    if number.version == 4:
        return number
    if number in _NAT64:
        return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    tunnelled = number.teredo[1] if number.teredo else None
    return number.ipv4_mapped or number.sixtofour or tunnelled or number


def _open_socket(numbers: list[_Number], port: int) -> socket.socket:
    fault: OSError | None = None
    for number in numbers:
        plain = socket.socket(socket.AF_INET if number.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
        plain.settimeout(TIMEOUT_SECONDS)
        try:
            plain.connect((str(number), port))
            return plain
        except OSError as refused:
            plain.close()
            fault = refused
    raise Dropped(f"no connection could be made ({fault})") from fault


def _encrypted(plain: socket.socket, address: str, host: str) -> ssl.SSLSocket:
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as fault:
        plain.close()
        raise DownloadError(
            address,
            f"its certificate is not trusted ({fault.verify_message}).",
            "If your organisation inspects traffic, set SSL_CERT_FILE to its certificate.",
        ) from fault
    except OSError as fault:
        plain.close()
        raise Dropped(f"the encrypted connection failed ({fault})") from fault
