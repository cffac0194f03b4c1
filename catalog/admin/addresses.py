"""Addresses outside the admin that it points to. The explorer serves them; tests/explorer/test_admin.py proves that it does."""

import uuid

from django.urls import get_script_prefix

__all__ = ["galaxy_address", "portrait_address", "rendition_address"]


def rendition_address(image_uuid: uuid.UUID | str, kind: str) -> str:
    """Where a rendition (`small` or `view`) of an image is served, to whoever may view it."""
    return f"{get_script_prefix()}media/{image_uuid}/{kind}"


def galaxy_address(slug: str) -> str:
    """The explorer's page of a galaxy."""
    return f"{get_script_prefix()}galaxy/{slug}/"


def portrait_address(galaxy_uuid: uuid.UUID) -> str:
    """The picture that stands for a published galaxy."""
    return f"{get_script_prefix()}artifacts/{galaxy_uuid}/portrait.jpg"
