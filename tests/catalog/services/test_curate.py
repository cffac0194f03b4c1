"""A curator's plain words are taken at once, or refused with a reason."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from catalog.models import Image
from catalog.services.curate import delete_images, hide_images
from catalog.signals import image_withdrawn
from tests.factories import ImageFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_hiding_counts_only_what_changed_and_says_when():
    shown = ImageFactory(renditions=False)
    ImageFactory(renditions=False, hidden=True)
    before = shown.updated_at
    assert hide_images(Image.objects.all(), hidden=True) == 1
    shown.refresh_from_db()
    assert shown.hidden and shown.updated_at > before
    assert hide_images(Image.objects.filter(pk=shown.pk), hidden=False) == 1


@pytest.fixture
def announced() -> Iterator[list[dict[str, Any]]]:
    """What was announced of withdrawn images."""
    heard: list[dict[str, Any]] = []

    def listen(sender: object, signal: object, **told: Any) -> None:
        heard.append(told)

    image_withdrawn.connect(listen)
    yield heard
    image_withdrawn.disconnect(listen)


class TestWithdrawing:
    def test_hiding_and_deleting_are_announced_in_the_transaction_that_does_it(
        self, announced: list[dict[str, Any]]
    ) -> None:
        first, second = (ImageFactory.create() for _ in range(2))
        assert hide_images(Image.objects.filter(pk=first.pk), hidden=True, reason="She asked.") == 1
        expected = {"collection": first.collection, "uuids": [first.uuid], "by": None, "reason": "She asked."}
        assert announced == [expected]
        assert delete_images(Image.objects.all()) == 2
        assert {told["collection"]: told["uuids"] for told in announced[1:]} == {
            first.collection: [first.uuid],
            second.collection: [second.uuid],
        }

    def test_showing_again_and_hiding_what_is_hidden_are_not(self, announced: list[dict[str, Any]]) -> None:
        image = ImageFactory.create(hidden=True)
        assert hide_images(Image.objects.all(), hidden=True) == 0
        assert hide_images(Image.objects.filter(pk=image.pk), hidden=False) == 1
        assert announced == []

    def test_the_admin_deletes_through_the_service(self, announced: list[dict[str, Any]], client: Client) -> None:
        image = ImageFactory.create()
        client.force_login(UserFactory.create(admin=True))
        client.post(f"/admin/catalog/image/{image.pk}/delete/", {"post": "yes"})
        assert [told["uuids"] for told in announced] == [[image.uuid]]
        assert not Image.objects.exists()
