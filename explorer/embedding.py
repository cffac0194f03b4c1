"""Lets other sites show a public galaxy in a frame: the one page that leaves off our refusal to be framed."""

from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.clickjacking import xframe_options_exempt


def wants_embedding(request: HttpRequest) -> bool:
    """Whether the page is asked for as `?embed=1`: without a way home, to lie within another page."""
    return request.GET.get("embed") == "1"


def allow_framing(request: HttpRequest, response: HttpResponse) -> None:
    """Let the sites of GALAXY_EMBED_ORIGINS frame this answer; with none of them it stays as it was.

    Only for what anybody may see: a framed page can be clicked unseen, so there must be nothing on it that needs a login.
    """
    if not settings.GALAXY_EMBED_ORIGINS:
        return

    # Both decorators mark the answer that a view gives, for their middleware.
    @csp_replace({"frame-ancestors": ["'self'", *settings.GALAXY_EMBED_ORIGINS]})
    @xframe_options_exempt
    def answer(request: HttpRequest) -> HttpResponse:
        return response

    answer(request)
