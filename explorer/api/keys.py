"""API keys of one's own."""

from django.urls import URLPattern, URLResolver

routes: list[URLPattern | URLResolver] = []
