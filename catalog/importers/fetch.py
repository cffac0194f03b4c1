"""Fetching from addresses that strangers name: never from inside the house, never more or longer than allowed.

A name is resolved once, every address behind it must be a public one, and the connection goes to exactly the address that was
checked (so that a second resolution cannot lead elsewhere), with the name kept for TLS and the Host header. Each redirect is
checked anew. Content types and lengths are not believed.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from catalog.importers.base import CandidateError

CHUNK: Final = 8 * 1024  # small, because a chunk of a compressed body may become a thousand times as large
MAX_REDIRECTS: Final = 5
MAX_ATTEMPTS: Final = 3
MAX_RETRY_AFTER_S: Final = 60.0
# Addresses of IPv4 inside IPv6, beside those that Python's ipaddress knows: NAT64 (RFC 6052).
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class FetchLimits:
    """How much and how long."""

    max_bytes: int = 1024**3
    """Of the body, decompressed."""
    connect_s: float = 10.0
    silence_s: float = 30.0
    """Between two parts of an answer."""
    total_s: float = 300.0


@dataclass(frozen=True)
class Fetched:
    """What came from an address."""

    data: bytes
    url: str
    """Where it came from in the end, after redirects."""
    headers: dict[str, str]
    """By lower-case name."""


class FetchError(CandidateError):
    """An address could not be fetched.

    `code` is one of bad_address, private_address, unreachable, too_slow, too_large, redirects, http_404 and so on.
    """


def resolve_by_system(host: str, port: int) -> list[str]:
    """All addresses behind a name, as the system resolves it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class Fetcher:
    """Fetches one address at a time; holds no connection, cookie or credential."""

    def __init__(
        self,
        user_agent: str,
        *,
        limits: FetchLimits = FetchLimits(),
        allowed_hosts: frozenset[str] = frozenset(),
        resolve: Resolve = resolve_by_system,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`allowed_hosts` are names (or `name:port`) that may lead inside the house, because its operator said so."""
        self.user_agent = user_agent
        self.limits = limits
        self._allowed = {host.lower() for host in allowed_hosts}
        self._resolve, self._sleep, self._clock = resolve, sleep, clock

    def get(self, url: str, *, max_bytes: int | None = None) -> Fetched:
        """Fetch an address, following redirects.

        Where the server asks to come back later (429, 503 with Retry-After of at most a minute), it is asked again, three
        times at most; nothing else is repeated.

        Raises
        ------
        FetchError
        """
        limit = min(max_bytes or self.limits.max_bytes, self.limits.max_bytes)
        deadline = self._clock() + self.limits.total_s
        at, attempts = url, 0
        for _ in range(MAX_REDIRECTS + MAX_ATTEMPTS):
            response = self._open(at, deadline)
            try:
                if response.status in {301, 302, 303, 307, 308} and (target := response.headers.get("Location")):
                    at = urljoin(at, target)
                    continue
                if response.status in {429, 503} and attempts + 1 < MAX_ATTEMPTS:
                    wait = _retry_after(response.headers.get("Retry-After", ""))
                    if wait is not None:
                        attempts += 1
                        self._sleep(wait)
                        deadline += wait
                        continue
                if response.status != 200:
                    raise FetchError(f"http_{response.status}", f"{url} answered {response.status}.")
                data = self._read(response, url, limit, deadline)
                return Fetched(data, at, {name.lower(): value for name, value in response.headers.items()})
            finally:
                response.close()
        raise FetchError("redirects", f"{url} leads on more than {MAX_REDIRECTS} times.")

    def _open(self, url: str, deadline: float) -> urllib3.BaseHTTPResponse:
        parts, host, port = _check_url(url)
        address = self._public_address(url, host, port)
        timeout = Timeout(connect=self.limits.connect_s, read=min(self.limits.silence_s, self._left(url, deadline)))
        pool: urllib3.HTTPConnectionPool
        if parts.scheme == "https":
            pool = urllib3.HTTPSConnectionPool(
                address, port, server_hostname=host, assert_hostname=host, ca_certs=certifi.where(), maxsize=1
            )
        else:
            pool = urllib3.HTTPConnectionPool(address, port, maxsize=1)
        name = f"[{host}]" if ":" in host else host
        headers = {
            "Host": name if port == (443 if parts.scheme == "https" else 80) else f"{name}:{port}",
            "User-Agent": self.user_agent,
            "Accept-Encoding": "identity",
        }
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            return pool.urlopen(
                "GET", target, headers=headers, redirect=False, retries=False, timeout=timeout, preload_content=False
            )
        except (HTTPError, OSError, ValueError) as error:
            raise FetchError("unreachable", f"{url} cannot be reached: {error}.") from error

    def _read(self, response: urllib3.BaseHTTPResponse, url: str, limit: int, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            for part in _parts_of(response):
                size += len(part)
                if size > limit:
                    raise FetchError(
                        "too_large", f"{url} is larger than {limit:,} bytes, which is the most that is taken."
                    )
                parts.append(part)
                self._left(url, deadline)
        except (HTTPError, OSError) as error:
            raise FetchError("unreachable", f"{url} broke off: {error}.") from error
        return b"".join(parts)

    def _left(self, url: str, deadline: float) -> float:
        left = deadline - self._clock()
        if left <= 0:
            raise FetchError("too_slow", f"{url} took longer than {self.limits.total_s:g} seconds.")
        return left

    def _public_address(self, url: str, host: str, port: int) -> str:
        """The address to connect to. Raises FetchError if any of those behind the name lies inside."""
        try:
            addresses = list(self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            raise FetchError("unreachable", f"{url}: there is no {host} ({error}).") from error
        if not addresses:
            raise FetchError("unreachable", f"{url}: there is no {host}.")
        if not {host, f"{host}:{port}"} & self._allowed and not all(map(is_public, addresses)):
            raise FetchError(
                "private_address",
                f"{url} leads to an address inside the house, and is not fetched. If that is meant, name {host} in "
                "GALAXY_FETCH_ALLOWED_HOSTS.",
            )
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not private, loopback, link-local, multicast, reserved or a disguise of one."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _check_url(url: str) -> tuple[urllib3.util.Url, str, int]:
    """Its parts, its host in lower case and its port. Raises FetchError for what is no plain web address."""
    try:
        split = urlsplit(url)
        parts = urllib3.util.parse_url(url)
        port = split.port or (443 if split.scheme == "https" else 80)
        host = (split.hostname or "").lower().rstrip(".")
    except ValueError as error:
        raise FetchError("bad_address", f"{url!r} is no web address: {error}.") from error
    if split.scheme not in {"http", "https"} or not host:
        raise FetchError("bad_address", f"{url!r} is no web address; http:// or https:// was expected.")
    if split.username or split.password:
        raise FetchError("bad_address", "Addresses with a name or password in them are not fetched.")
    if (parts.host or "").strip("[]").lower().rstrip(".") != host:  # two parsers that disagree are somebody's trick
        raise FetchError("bad_address", f"{url!r} can be read in two ways, and is not fetched.")
    return parts, host, port


def _parts_of(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The body as it comes, decompressed. Not in full chunks: a server that drips would hold us for as long as it likes."""
    while True:
        part = response.read1(CHUNK, decode_content=True)
        if not part:
            return
        yield part


def _retry_after(text: str) -> float | None:
    return float(text) if text.isdecimal() and float(text) <= MAX_RETRY_AFTER_S else None
