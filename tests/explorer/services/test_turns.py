"""One deed at a time is at a galaxy's files."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from catalog.models import Galaxy, PublishingLease
from catalog.services.progress import CancelledError, ignore_progress
from explorer.services.turns import TurnLostError, publishing_turn
from tests.factories import GalaxyFactory

pytestmark = pytest.mark.django_db


class Impatient:
    """Progress that gives up after having been told so often."""

    def __init__(self, patience: int) -> None:
        self.told: list[str] = []
        self.patience = patience

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.told.append(stage)
        if len(self.told) >= self.patience:
            raise CancelledError


@pytest.fixture(autouse=True)
def look_often(monkeypatch):
    monkeypatch.setattr("explorer.services.turns.LOOK_EVERY_S", 0.01)


@pytest.fixture
def galaxy() -> Galaxy:
    galaxy: Galaxy = GalaxyFactory.create()
    return galaxy


def test_who_comes_second_waits_can_be_told_to_stop_and_knows_for_whom_he_waits(galaxy: Galaxy):
    second = Impatient(3)
    with (
        publishing_turn(galaxy, "sweeping", progress=ignore_progress),
        pytest.raises(CancelledError),
        publishing_turn(galaxy, "publishing", progress=second),
    ):
        pytest.fail("both were at it")
    assert second.told == ["Waiting until sweeping has ended"] * 3

    with publishing_turn(galaxy, "publishing", progress=Impatient(1)):
        pass


def test_somebody_who_comes_and_goes_while_one_looks_stops_nobody(galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch):
    manager = PublishingLease.objects
    looks = [manager.get_or_create]

    def come_and_go(**_values: object) -> None:
        monkeypatch.setattr(manager, "get_or_create", looks.pop())
        raise IntegrityError("UNIQUE constraint failed")

    monkeypatch.setattr(manager, "get_or_create", come_and_go)
    with publishing_turn(galaxy, "publishing", progress=ignore_progress):
        assert PublishingLease.objects.get().deed == "publishing"


def test_another_galaxy_does_not_wait(galaxy: Galaxy):
    with (
        publishing_turn(galaxy, "sweeping", progress=ignore_progress),
        publishing_turn(GalaxyFactory.create(), "publishing", progress=Impatient(1)),
    ):
        pass


def test_what_a_killed_process_held_is_free_when_its_lease_ran_out(galaxy: Galaxy):
    with publishing_turn(galaxy, "publishing", progress=ignore_progress) as dead:
        PublishingLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with (
            publishing_turn(galaxy, "publishing", progress=Impatient(1)),
            pytest.raises(TurnLostError, match="GALAXY_LEASE_S"),
        ):
            dead.require()  # it was not dead after all, but must not move the pointer now


def test_it_ends_with_the_deed_whatever_becomes_of_it(galaxy: Galaxy):
    with pytest.raises(OSError, match="full"), publishing_turn(galaxy, "publishing", progress=ignore_progress):
        raise OSError("full")
    assert not PublishingLease.objects.exists()
