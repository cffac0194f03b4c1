"""How many requests a minute are answered: a key's own number, and one for people and one for strangers.

The count is kept in Django's cache: with Redis for all processes together, else for each process on its own (a limit is then as many times
higher as there are processes). It is never kept in the database, which would be a write a request.
"""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from rest_framework.throttling import BaseThrottle

from catalog.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

WINDOW_S = 60.0  # who was quiet may send a minute's worth at once


class RequestThrottle(BaseThrottle):
    """The generic cell rate algorithm: one number a caller, the moment at which all that they sent would be paid off.

    Two requests at the very same moment may both read the number before either writes it, so now and then one more is answered than
    should be. That is cheaper than a lock a request.
    """

    wait_s = 0.0

    def allow_request(self, request: "Request", view: "APIView") -> bool:
        """Whether it is answered; the response's RateLimit headers tell the rest (`RateLimitMiddleware`)."""
        name, limit = _who(request)
        interval, now = WINDOW_S / limit, time.time()
        paid_off = max(float(cache.get(name, 0.0)), now) + interval
        allowed = paid_off - now <= WINDOW_S + 1e-6
        if allowed:
            cache.set(name, paid_off, timeout=WINDOW_S + 1)
        else:
            paid_off -= interval
            self.wait_s = paid_off + interval - now - WINDOW_S
        request._request.rate_limit = {  # type: ignore[attr-defined]  # ours, for the headers
            "RateLimit-Limit": limit,
            "RateLimit-Remaining": max(0, math.floor((WINDOW_S - (paid_off - now)) / interval + 1e-6)),
            "RateLimit-Reset": math.ceil(paid_off - now),
        }
        return allowed

    def wait(self) -> float:
        """Seconds until the next one would be answered, for Retry-After."""
        return max(1.0, math.ceil(self.wait_s))


class RateLimitMiddleware:
    """Tells every caller of the API how much is left to them, whatever the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers that the throttle left with the request."""
        response = self.get_response(request)
        for name, value in getattr(request, "rate_limit", {}).items():
            response[name] = str(value)
        return response


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; behind a proxy (GALAXY_BEHIND_PROXY) what the proxy says, and of that only its own word: the last."""
    is_behind_proxy: bool = settings.GALAXY_BEHIND_PROXY
    forwarded = request.headers.get("X-Forwarded-For", "") if is_behind_proxy else ""
    return forwarded.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))


def _who(request: "Request") -> tuple[str, int]:
    """By what a caller is counted, and how many requests a minute they may send."""
    if isinstance(request.auth, ApiKey):
        return f"throttle:key:{request.auth.pk}", request.auth.requests_per_minute
    if request.user.is_authenticated:
        return f"throttle:user:{request.user.pk}", settings.GALAXY_REQUESTS_PER_MINUTE
    return f"throttle:address:{address_of(request._request)}", settings.GALAXY_STRANGERS_REQUESTS_PER_MINUTE
