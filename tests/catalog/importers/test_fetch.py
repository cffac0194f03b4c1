"""Addresses are hostile: nothing inside the house is fetched, and nothing too large, too slow or endless."""

import gzip
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from catalog.importers.fetch import Fetcher, FetchError, FetchLimits, is_public, resolve_by_system
from tests.catalog.importers.web import Web, send, serve_web


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as web:
        yield web


def fetcher(**options: Any) -> Fetcher:
    """One whose names lead to the loopback server, with the museum's allowed to."""
    settings: dict[str, Any] = {
        "limits": FetchLimits(max_bytes=10_000, silence_s=2, total_s=5),
        "allowed_hosts": frozenset({"museum.example"}),
        "resolve": lambda host, port: ["127.0.0.1"],
        "sleep": lambda seconds: None,
    }
    return Fetcher("Galaxy tests", **{**settings, **options})


def code(url: str, **options: Any) -> str:
    with pytest.raises(FetchError) as caught:
        fetcher(**options).get(url)
    return caught.value.code


def test_a_picture_is_fetched_with_a_name_and_no_cookies(web: Web):
    url = web.put("/a.jpg", b"picture", ETag='"1"', Set_Cookie="a=b")
    fetched = fetcher().get(url + "?size=full")

    assert (fetched.data, fetched.headers["etag"]) == (b"picture", '"1"')
    assert web.requests == ["/a.jpg?size=full"]
    assert web.headers[0]["user-agent"] == "Galaxy tests"
    assert web.headers[0]["host"] == web.address.removeprefix("http://")
    fetcher().get(url)
    assert "cookie" not in web.headers[1]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104  nobody binds
        "224.0.0.1", "255.255.255.255",
        "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_public(address: str):
    assert not is_public(address)
    assert code("http://stranger.example/a.jpg", resolve=lambda host, port: [address]) == "private_address"


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_open_internet_are(address: str):
    assert is_public(address)


def test_one_private_address_among_public_ones_is_enough():
    assert code("http://stranger.example/", resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"]) == "private_address"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "017700000001"])
def test_numbers_that_are_loopback_in_disguise_are_seen_through(host: str):
    def as_the_system_does(host: str, port: int) -> list[str]:
        return [socket.inet_ntoa(socket.inet_aton(host))]

    assert code(f"http://{host}/", resolve=as_the_system_does) == "private_address"


def test_localhost_by_the_system_s_own_resolver_is_inside():
    assert code("http://localhost/", resolve=resolve_by_system) == "private_address"
    assert code("http://[::1]/", resolve=resolve_by_system) == "private_address"


def test_the_connection_goes_to_the_address_that_was_checked(web: Web):
    """A name that leads elsewhere at its second resolution is resolved once only."""
    port = int(web.address.rsplit(":", 1)[1])
    web.put("/a.jpg", b"picture")
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    fetcher(resolve=resolve).get(f"http://museum.example:{port}/a.jpg")
    assert asked == ["museum.example"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://museum.example/a.jpg", "gopher://x/", "museum.example/a.jpg", "http://", "http://:80/", "https:///a",
        "http://user:secret@museum.example/", "http://user@museum.example/", "http://museum.example:99999/", "http://[::1/",
        "//museum.example/",
        "http://museum.example\\@stranger.example/",
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: str):
    assert code(url) == "bad_address"


def test_redirects_are_followed_and_checked_each_time(web: Web):
    web.put("/end.jpg", b"picture")
    web.pages["/start"] = lambda handler: send(handler, 302, Location="/middle")
    web.pages["/middle"] = lambda handler: send(handler, 301, Location=web.address + "/end.jpg")
    fetched = fetcher().get(web.address + "/start")
    assert (fetched.data, fetched.url) == (b"picture", web.address + "/end.jpg")

    web.pages["/start"] = lambda handler: send(handler, 302, Location="http://inside.example/secret")
    assert code(web.address + "/start") == "private_address"
    web.pages["/start"] = lambda handler: send(handler, 302, Location="file:///etc/passwd")
    assert code(web.address + "/start") == "bad_address"
    web.pages["/start"] = lambda handler: send(handler, 302, Location="/start")
    assert code(web.address + "/start") == "redirects"


def test_a_body_is_cut_at_the_limit_whatever_its_length_says(web: Web):
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * 1000)

    web.pages["/endless"] = endless
    assert code(web.address + "/endless") == "too_large"
    url = web.put("/large", b"x" * 10_001, Content_Type="image/jpeg")
    assert code(url) == "too_large"


def test_a_gzip_bomb_is_stopped_while_it_unpacks(web: Web):
    bomb = gzip.compress(b"\0" * 50_000_000)
    url = web.put("/bomb", bomb, Content_Encoding="gzip")
    assert len(bomb) < 100_000
    assert code(url, limits=FetchLimits(max_bytes=1_000_000, total_s=20)) == "too_large"


def test_a_server_that_drips_is_left(web: Web):
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    web.pages["/drip"] = drip
    started = time.monotonic()
    assert code(web.address + "/drip", limits=FetchLimits(silence_s=2, total_s=0.4)) == "too_slow"
    assert time.monotonic() - started < 3


def test_silence_and_a_connection_that_breaks_off_are_unreachable(web: Web):
    web.pages["/silent"] = lambda handler: time.sleep(1)
    assert code(web.address + "/silent", limits=FetchLimits(silence_s=0.2)) == "unreachable"

    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    web.pages["/short"] = short
    assert code(web.address + "/short") == "unreachable"
    assert code("http://museum.example:9/") == "unreachable"


def test_whoever_asks_to_come_back_later_is_asked_again_three_times_at_most(web: Web):
    slept: list[float] = []
    answers = [
        lambda h: send(h, 429, Retry_After="7"),
        lambda h: send(h, 503, Retry_After="2"),
        lambda h: send(h, 200, b"ok"),
    ]
    web.pages["/busy"] = lambda handler: answers[len(slept)](handler)
    assert fetcher(sleep=slept.append).get(web.address + "/busy").data == b"ok"
    assert slept == [7, 2]

    web.pages["/busy"] = lambda handler: send(handler, 503, Retry_After="1")
    assert code(web.address + "/busy") == "http_503"
    web.pages["/busy"] = lambda handler: send(handler, 503, Retry_After="86400")
    assert code(web.address + "/busy") == "http_503"


def test_other_answers_are_errors_with_their_number(web: Web):
    assert code(web.address + "/nothing") == "http_404"
