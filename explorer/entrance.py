"""What the entrance shows of each galaxy that a person may see."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from catalog.models import Galaxy, Group, Image, Position, find_verdict
from catalog.permissions import User, Verb, permitted, permitted_by_role
from explorer.starmap import Glow, Star, draw_starmap

__all__ = ["Card", "read_cards"]


@dataclass
class Card:
    """A galaxy on the entrance page: its star map, and whom to thank for the pictures in it."""

    galaxy: Galaxy
    glows: list[Glow] = field(default_factory=list)
    credits: list[str] = field(default_factory=list)

    @property
    def n_images(self) -> int:
        """In the current publication; 0 while nothing is published."""
        publication = self.galaxy.current_publication
        return publication.n_images if publication else 0


def read_cards(user: User) -> list[Card]:
    """The galaxies that the person may see without a link, published ones first; three queries, however many there are.

    Galaxies that are not published yet are shown to people with a role only: to others they are nothing yet.
    """
    known = permitted_by_role(user, Verb.VIEW, Galaxy.objects.all())
    rows = Galaxy.objects.filter(Q(current_publication__isnull=False) | Q(pk__in=known.values("pk")))
    rows = rows.select_related("collection", "current_publication").order_by("title", "pk")
    galaxies = list(permitted(user, Verb.VIEW, rows))
    groups = _groups_by_build(galaxies)
    images = _images_by_uuid(user, groups)
    cards = []
    for galaxy in galaxies:
        publication = galaxy.current_publication
        card = Card(galaxy)
        stars: list[Star] = []
        credits: dict[str, str] = {}
        for group in groups.get(publication.build_id, []) if publication else []:
            image = images.get(_picture_of(group))
            if image is None or (galaxy.hide_unsafe and image.verdict):  # type: ignore[attr-defined]  # annotated
                stars.append(Star(group.x, group.y, group.n_images, group.cluster.colour))
                continue
            url = reverse("explorer:rendition", kwargs={"image_uuid": image.uuid, "kind": "small"})
            stars.append(Star(group.x, group.y, group.n_images, group.cluster.colour, url))
            credits[url] = ", ".join(filter(None, [image.credit or image.creator, image.licence]))
        card.glows = draw_starmap(stars)
        thanked = {credits[glow.picture_url] for glow in card.glows if glow.picture_url}
        card.credits = sorted(thanked - {""})
        cards.append(card)
    return sorted(cards, key=lambda card: card.n_images == 0)


def _groups_by_build(galaxies: Iterable[Galaxy]) -> dict[int, list[Group]]:
    """Build id -> its groups, each with `first_image`: the uuid of a picture of it, None if it has none to show."""
    builds = [galaxy.current_publication.build_id for galaxy in galaxies if galaxy.current_publication]
    shown = Position.objects.filter(
        group=OuterRef("pk"), image__hidden=False, image__current_revision__isnull=False
    ).order_by("pk")
    groups = (
        Group.objects.filter(build__in=builds, cluster__hidden=False)
        .select_related("cluster__cover")
        .annotate(first_image=Subquery(shown.values("image__uuid")[:1]))
    )
    found: dict[int, list[Group]] = {}
    for group in groups:
        found.setdefault(group.build_id, []).append(group)
    return found


def _picture_of(group: Group) -> UUID | None:
    """The uuid of the cluster's cover, else of the group's first picture."""
    cover = group.cluster.cover
    first_image: UUID | None = group.first_image  # type: ignore[attr-defined]  # annotated
    return cover.uuid if cover is not None and not cover.hidden else first_image


def _images_by_uuid(user: User, groups: dict[int, list[Group]]) -> dict[UUID | None, Image]:
    """The pictures that may lie on the maps, with whom to thank for them, and the `verdict` of safe search."""
    uuids = {uuid for rows in groups.values() for group in rows if (uuid := _picture_of(group))}
    images = permitted(user, Verb.VIEW, Image.objects.filter(uuid__in=uuids)).annotate(verdict=find_verdict())
    return {image.uuid: image for image in images.only("uuid", "credit", "creator", "licence")}
