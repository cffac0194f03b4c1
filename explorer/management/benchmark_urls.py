"""The addresses that `benchmark api` asks: ours, and a view that does nothing but let its caller in."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class EmptyView(APIView):
    """What every answer costs before it says anything."""

    permission_classes = (IsAuthenticated,)
    schema = None

    def get(self, request: Request) -> Response:
        """Nothing."""
        return Response({})


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/empty/", EmptyView.as_view()),
    path("admin/", admin.site.urls),
    path("", include("explorer.urls")),
]
