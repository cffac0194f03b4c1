"""Which images of a galaxy lie where they lay before their labels changed."""

from collections.abc import Iterable

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from catalog.models import Build, Galaxy, Image, Position

__all__ = ["count_stale", "stale_images"]


def count_stale(galaxies: Iterable[Galaxy]) -> dict[int, int]:
    """How many images of each galaxy's newest build have other labels by now: galaxy id -> number, without those that have none.

    Decisions and their undoing, renaming and merging, what was taught and what an annotator said anew count alike. One query.
    """
    newest = Build.objects.filter(galaxy=OuterRef("build__galaxy"), complete=True).order_by("-number").values("pk")[:1]
    rows = _stale_positions().filter(build=Subquery(newest), build__galaxy__in=[galaxy.pk for galaxy in galaxies])
    counted = rows.order_by().values_list("build__galaxy").annotate(n=Count("pk"))
    return dict(counted)


def stale_images(galaxy: Galaxy) -> QuerySet[Image]:
    """The visible images of the galaxy's newest build whose labels changed since they were placed, in no order."""
    newest = galaxy.builds.filter(complete=True).order_by("-number").values("pk")[:1]
    return Image.objects.filter(pk__in=_stale_positions().filter(build__in=newest).values("image"))


def _stale_positions() -> QuerySet[Position]:
    return Position.objects.filter(image__hidden=False, image__label_change_number__gt=F("build__change_number"))
