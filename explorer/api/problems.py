"""Errors of the API in one shape: RFC 9457, `application/problem+json`, with a stable `code`."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from catalog.services.errors import ServiceError
from explorer.api.codes import CODES, Conflict, TooLarge
from explorer.api.permissions import OpenToAll

CONTENT_TYPE = "application/problem+json"
PROBLEMS = "/api/v1/problems/"  # where each code is explained


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the answer to an error that a caller made; None, so Django's own, to one that we made."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        error = TooLarge(str(error))
    elif isinstance(error, ServiceError):
        status = CODES.get(error.code, CODES["refused"])[0]
        error = Conflict(str(error), code=error.code)
        error.status_code = status
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(*error.args)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return None
    response.data = describe_problem(error)
    response.content_type = CONTENT_TYPE
    return response


def describe_problem(error: exceptions.APIException) -> dict[str, Any]:
    """The body for an error: type, title, status, detail, code; for wrong input also `errors`, one a field and reason."""
    code = "invalid" if isinstance(error, exceptions.ValidationError) else str(error.get_codes())
    problem: dict[str, Any] = {
        "type": f"{PROBLEMS}#{code}",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
    }
    if isinstance(error, exceptions.ValidationError):
        errors = list(_flatten(error.detail))
        detail = " ".join(f"{item['field']}: {item['detail']}" if item["field"] else item["detail"] for item in errors)
        return problem | {"detail": detail, "code": code, "errors": errors}
    return problem | {"detail": str(error.detail), "code": code}


def _flatten(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _flatten(value, ".".join(filter(None, [field, name])))
    elif isinstance(detail, list):
        for value in detail:
            yield from _flatten(value, field)
    else:
        yield {"field": field, "code": getattr(detail, "code", None) or "invalid", "detail": str(detail)}


class ProblemList(APIView):
    """Where the `type` of every error leads: each code, its status, and what it means."""

    permission_classes: list[type[BasePermission]] = [OpenToAll]
    schema = None

    def get(self, request: Request) -> Response:
        """All codes."""
        return Response({code: {"status": status, "meaning": meaning} for code, (status, meaning) in CODES.items()})


class UnknownAddress(APIView):
    """Every address below the API that is none: the same 404 as for a thing that is not there."""

    permission_classes: list[type[BasePermission]] = [OpenToAll]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say no, whatever the method."""
        raise exceptions.NotFound(f"There is nothing at {request.path}. /api/v1/ lists what there is.")
