"""Labels that are taught by example."""

from django.urls import URLPattern, URLResolver

routes: list[URLPattern | URLResolver] = []
