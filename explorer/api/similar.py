"""Images that look alike."""

from django.urls import URLPattern, URLResolver

routes: list[URLPattern | URLResolver] = []
