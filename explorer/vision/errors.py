"""Errors of the whole call, in the body that Google's APIs have."""

from http import HTTPStatus
from typing import Any

from django.http import JsonResponse

# google.rpc.Code by HTTP status, as Google's APIs pair them.
STATUS_NAMES = {
    HTTPStatus.BAD_REQUEST: "INVALID_ARGUMENT",
    HTTPStatus.UNAUTHORIZED: "UNAUTHENTICATED",
    HTTPStatus.FORBIDDEN: "PERMISSION_DENIED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.METHOD_NOT_ALLOWED: "UNIMPLEMENTED",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "INVALID_ARGUMENT",
    HTTPStatus.TOO_MANY_REQUESTS: "RESOURCE_EXHAUSTED",
}


class VisionError(Exception):
    """The whole call fails with this status; `reason` is Google's machine-readable one, where there is one."""

    def __init__(self, status: HTTPStatus, message: str, *, reason: str = "", retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = reason
        self.retry_after_s = retry_after_s

    def to_response(self) -> JsonResponse:
        """The HTTP answer: {"error": {"code", "message", "status", "details"}}."""
        error: dict[str, Any] = {
            "code": int(self.status),
            "message": self.message,
            "status": STATUS_NAMES[self.status],
        }
        if self.reason:
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": self.reason,
                    "domain": "googleapis.com",
                    "metadata": {"service": "vision.googleapis.com"},
                }
            ]
        response = JsonResponse({"error": error}, status=self.status)
        if self.retry_after_s is not None:
            response["Retry-After"] = str(self.retry_after_s)
        return response
