"""`benchmark api`: how fast the API answers, against bare SQL in the same run."""

import json
import time
from argparse import SUPPRESS
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import override_settings

from catalog.management.progress import ProgressBar
from catalog.management.throwaway import run_in_throwaway_library
from catalog.models import ApiKey, Collection, EffectiveLabel, Label
from catalog.services.api_keys import create_api_key
from catalog.services.progress import Progress
from explorer.management.benchmark_bare import OTHER_PART, bare_answers
from explorer.management.benchmark_library import BenchmarkLibrary, make_library

__all__ = ["add_api_part", "measure_api"]

MAX_RATIO, MAX_P95_MS, MAX_ADMIN_MS = 4.0, 50.0, 300.0
UNLIMITED = 1_000_000  # requests a minute


@dataclass(frozen=True)
class ApiFigure:
    """How fast one question is answered."""

    name: str
    p50_ms: float
    p95_ms: float
    n_queries: int
    """Beside the one for the key."""
    n_bytes: int
    bare_ms: float | None
    """Bare SQL and `json.dumps`, p50; None where there is no rival."""
    ratio: float | None
    """p50 to that of the rival and the empty view together."""


@dataclass(frozen=True)
class ApiFigures:
    """How fast the API answers."""

    n_images: int
    n_labels: int
    database: str
    empty_ms: float
    """An authenticated view that says nothing, p50."""
    questions: list[ApiFigure]
    n_clients: int
    n_requests: int
    n_errors: int
    requests_per_second: float
    """Of all clients together, which share one process."""

    def describe(self) -> str:
        """For people."""
        lines = [
            f"{self.n_images:,} images, {self.n_labels:,} labels, {self.database}; an empty view {self.empty_ms:.1f} ms",
            f"{'':22} {'p50 ms':>8} {'p95 ms':>8} {'bare ms':>8} {'ratio':>6} {'queries':>8} {'bytes':>9}",
        ]
        for one in self.questions:
            bare = "" if one.bare_ms is None else f"{one.bare_ms:.1f}"
            ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
            lines.append(
                f"{one.name:22} {one.p50_ms:8.1f} {one.p95_ms:8.1f} {bare:>8} {ratio:>6} {one.n_queries:8} {one.n_bytes:9,}"
            )
        lines.append(
            f"{self.n_clients} clients at once: {self.n_requests:,} requests, {self.n_errors} errors, "
            f"{self.requests_per_second:.0f} a second"
        )
        return "\n".join(lines)


def add_api_part(parts: Any) -> None:
    """Add the subcommand to those of `benchmark`."""
    api = parts.add_parser(
        "api", help="The API over a library of made-up rows that is thrown away, against bare SQL and json.dumps."
    )
    api.add_argument("--n", type=int, default=80_984, help="So many images. (default: %(default)s)")
    api.add_argument("--repeats", type=int, default=40, help="How often each is asked. (default: %(default)s)")
    api.add_argument("--clients", type=int, default=16, help="At once, at the end. (default: %(default)s)")
    api.add_argument("--database", default="", metavar="URL", help="An empty database to fill, if not SQLite.")
    api.add_argument("--json", action="store_true", help="Report nothing but one line of JSON.")
    api.add_argument("--here", action="store_true", help=SUPPRESS)  # the process that has the library to throw away


def measure_api(options: dict[str, Any]) -> str:
    """Measure in a library to throw away, and say how it went."""
    if min(options["n"], options["repeats"], options["clients"]) < 1:
        raise CommandError("Expected at least one image, one repeat and one client.")
    if options["here"]:
        if Collection.objects.exists():
            raise CommandError("Expected an empty database, but there are collections in this one.")
        with ProgressBar() as progress:
            library = make_library(options["n"], progress=progress)
            figures = _measure(library, options["repeats"], options["clients"], progress)
        return json.dumps(asdict(figures))
    numbers = [part for name in ("n", "repeats", "clients") for part in (f"--{name}", str(options[name]))]
    told = run_in_throwaway_library("benchmark", "api", *numbers, "--here", database=options["database"])
    values = json.loads(told)
    figures = ApiFigures(**{**values, "questions": [ApiFigure(**one) for one in values["questions"]]})
    return json.dumps(values) if options["json"] else figures.describe()


def _measure(library: BenchmarkLibrary, n_repeats: int, n_clients: int, progress: Progress) -> ApiFigures:
    _key, text = create_api_key(library.curator, name="benchmark", scopes=["read"])
    ApiKey.objects.update(requests_per_minute=UNLIMITED)
    counted = EffectiveLabel.objects.values_list("label").annotate(n=Count("pk")).order_by("-n", "label")
    label = Label.objects.get(pk=counted[0][0])
    part = label.key.split()[0][:4]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum does soon after an import
    questions = _questions(library, label.term, part)
    bare = bare_answers(library, label.pk, part)
    # No server stands before it, and nobody collected its static files.
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    with override_settings(
        ROOT_URLCONF="explorer.management.benchmark_urls",
        ALLOWED_HOSTS=["*"],
        SECURE_SSL_REDIRECT=False,
        STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": plain}},
    ):
        api = _caller(Client(headers={"Authorization": f"Bearer {text}"}))
        admin = Client()
        library.curator.is_staff = library.curator.is_superuser = True
        library.curator.save()
        admin.force_login(library.curator)
        empty_ms = float(np.median(_times(lambda: api("/api/v1/empty/"), n_repeats)))
        figures = []
        for done, (name, address) in enumerate(questions.items()):
            progress("Asking", done, len(questions))
            figures.append(_figure(name, api, address, n_repeats, bare[name], empty_ms))
        for name, address in _admin_pages(library, label.term).items():
            figures.append(_figure(name, _caller(admin), address, max(3, n_repeats // 8), None, empty_ms))
        n_requests, n_errors, seconds = _ask_at_once(list(questions.values()), text, n_clients, max(1, n_repeats // 8))
    return ApiFigures(
        n_images=library.build.n_images,
        n_labels=EffectiveLabel.objects.count(),
        database=connection.vendor,
        empty_ms=empty_ms,
        questions=figures,
        n_clients=n_clients,
        n_requests=n_requests,
        n_errors=n_errors,
        requests_per_second=n_requests / seconds,
    )


def _questions(library: BenchmarkLibrary, term: str, part: str) -> dict[str, str]:
    """Name -> address; `bare_answers` has the same names."""

    def address(name: str, **params: Any) -> str:
        return f"/api/v1/{name}/?{urlencode({'collection': library.collection.slug, **params})}"

    cluster = library.cluster.uuid
    return {
        "list": address("images"),
        "label": address("images", label=term),
        "cluster": address("images", cluster=cluster),
        "label and cluster": address("images", label=term, cluster=cluster),
        "search": address("search", q=part),
        "search, two words": address("search", q=f"{part} {OTHER_PART}"),
        "facets": address("facets"),
        "facets of a label": address("facets", label=term),
        "similar": f"/api/v1/images/{library.image.uuid}/similar/?limit=100",
        "detail": f"/api/v1/images/{library.image.uuid}/",
    }


def _admin_pages(library: BenchmarkLibrary, term: str) -> dict[str, str]:
    of_collection = {"collection__id__exact": library.collection.pk}
    wall = {"collection": library.collection.pk, "label": term}
    return {
        "admin: images": f"/admin/catalog/image/?{urlencode(of_collection)}",
        "admin: with a label": f"/admin/catalog/image/?{urlencode(of_collection | {'label': term})}",
        "admin: wall": f"/admin/catalog/image/wall/?{urlencode(wall)}",
        "admin: labels": "/admin/catalog/label/",
        "admin: clusters": "/admin/catalog/cluster/",
    }


def _caller(client: Client) -> Callable[[str], int]:
    def call(address: str) -> int:
        """The length of the answer. CommandError when it is no answer."""
        response = client.get(address)
        if response.status_code != 200:
            raise CommandError(f"{address} answered {response.status_code}: {response.content[:300]!r}")
        return len(response.content)

    return call


def _figure(
    name: str,
    ask: Callable[[str], int],
    address: str,
    n_repeats: int,
    bare: Callable[[], str] | None,
    empty_ms: float,
) -> ApiFigure:
    n_bytes = ask(address)  # what is read once a process is read now
    with _counted_queries() as queries:
        ask(address)
    ours = _times(lambda: ask(address), n_repeats)
    rival = None if bare is None else float(np.median(_times(bare, n_repeats)))
    p50, p95 = np.percentile(ours, [50, 95]).tolist()
    return ApiFigure(
        name=name,
        p50_ms=p50,
        p95_ms=p95,
        n_queries=next(queries) - 1,
        n_bytes=n_bytes,
        bare_ms=rival,
        ratio=None if rival is None else p50 / (rival + empty_ms),
    )


def _times(do: Callable[[], object], n_repeats: int) -> list[float]:
    """Milliseconds of each time."""
    do()
    times = []
    for _repeat in range(n_repeats):
        start = time.perf_counter()
        do()
        times.append(1000 * (time.perf_counter() - start))
    return times


@contextmanager
def _counted_queries() -> Iterator[Iterator[int]]:
    """A counter that stands, in the end, at the number of statements that were asked meanwhile."""
    queries = count()

    def note(execute: Callable[..., Any], *args: Any) -> Any:
        next(queries)
        return execute(*args)

    with connection.execute_wrapper(note):
        yield queries


def _ask_at_once(addresses: Sequence[str], key: str, n_clients: int, n_rounds: int) -> tuple[int, int, float]:
    """All questions, by as many clients at once: how many were asked, how many failed, in how many seconds."""

    def ask(number: int) -> int:
        client = Client(headers={"Authorization": f"Bearer {key}"}, raise_request_exception=False)
        mine = [*addresses[number % len(addresses) :], *addresses[: number % len(addresses)]]
        n_errors = sum(client.get(address).status_code != 200 for _round in range(n_rounds) for address in mine)
        connection.close()
        return n_errors

    start = time.perf_counter()
    with ThreadPoolExecutor(n_clients) as pool:
        n_errors = sum(pool.map(ask, range(n_clients)))
    return n_clients * n_rounds * len(addresses), n_errors, time.perf_counter() - start
