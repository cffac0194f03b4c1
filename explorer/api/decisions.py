"""Decisions about labels and images."""

from django.urls import URLPattern, URLResolver

routes: list[URLPattern | URLResolver] = []
