"""Which annotators need settings, handed over when Django starts: the annotators themselves know none."""

from typing import TYPE_CHECKING

from django.conf import settings

from catalog.annotators import Annotator, register_annotator

if TYPE_CHECKING:
    from catalog.annotators.google_client import GoogleSettings


def register() -> None:
    """Announce the annotators; nothing is loaded and nobody is called before the first use."""
    register_annotator("google", make_google)


def make_google() -> Annotator:
    """Cloud Vision: asynchronous where GALAXY_VISION_OUTPUT names a folder of a bucket, else synchronous."""
    # Imported on first use: Google's client takes a second, which a web process need not spend.
    from catalog.annotators.google import GoogleAnnotator

    return GoogleAnnotator(_google_settings())


def has_google_credentials() -> bool:
    """Whether there is anything for Cloud Vision to know us by."""
    from catalog.annotators.google_client import has_credentials

    return has_credentials(_google_settings())


def _google_settings() -> "GoogleSettings":
    from catalog.annotators.google_client import GoogleSettings

    return GoogleSettings(
        endpoint=settings.GALAXY_VISION_ENDPOINT,
        transport=settings.GALAXY_VISION_TRANSPORT,
        api_key=settings.GALAXY_VISION_API_KEY,
        images_per_minute=settings.GALAXY_VISION_IMAGES_PER_MINUTE,
        output_uri=settings.GALAXY_VISION_OUTPUT,
    )
