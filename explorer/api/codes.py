"""The stable codes of the API's errors: what other software may decide by. The schema, the documentation and a test read them here."""

from http import HTTPStatus

from rest_framework import exceptions

CODES: dict[str, tuple[HTTPStatus, str]] = {
    "invalid": (HTTPStatus.BAD_REQUEST, "Something in the request is not as it should be; `errors` says what."),
    "parse_error": (HTTPStatus.BAD_REQUEST, "The body is no JSON, or no form."),
    "not_authenticated": (HTTPStatus.UNAUTHORIZED, "This takes a key, or a login."),
    "authentication_failed": (HTTPStatus.UNAUTHORIZED, "The key is unknown, expired or revoked."),
    "permission_denied": (HTTPStatus.FORBIDDEN, "You may see it, but not do this."),
    "scope_missing": (HTTPStatus.FORBIDDEN, "The key lacks the scope that this needs."),
    "role_required": (HTTPStatus.FORBIDDEN, "This is for people with a role in the collection, public as it is."),
    "not_found": (HTTPStatus.NOT_FOUND, "There is none, or none that you may see."),
    "method_not_allowed": (HTTPStatus.METHOD_NOT_ALLOWED, "This address does not take that method."),
    "not_acceptable": (HTTPStatus.NOT_ACCEPTABLE, "None of the formats that you accept is ours."),
    "refused": (HTTPStatus.CONFLICT, "It cannot be done as things are; the detail says why, and what helps."),
    "count_changed": (HTTPStatus.CONFLICT, "The filter matches another number of images than you were shown."),
    "needs_consent": (HTTPStatus.CONFLICT, "This costs money; say how many units at most."),
    "idempotency_in_progress": (HTTPStatus.CONFLICT, "The first request with this key is still under way."),
    "precondition_failed": (HTTPStatus.PRECONDITION_FAILED, "It was changed since you read it."),
    "too_large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is larger than allowed."),
    "unsupported_media_type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body's type is none that this address takes."),
    "idempotency_mismatch": (HTTPStatus.UNPROCESSABLE_ENTITY, "The key was used for another request."),
    "throttled": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests; Retry-After says when to go on."),
}


class ScopeMissing(exceptions.PermissionDenied):
    """The key's owner might, but not by this key."""

    default_detail = "The key lacks the scope that this needs."
    default_code = "scope_missing"


class RoleRequired(exceptions.PermissionDenied):
    """What everybody may look at, but only people of the house may ask this of."""

    default_detail = "This is for people with a role in the collection."
    default_code = "role_required"


class Conflict(exceptions.APIException):
    """It cannot be done as things are. Services raise ServiceError, which is answered as this with their code."""

    status_code = HTTPStatus.CONFLICT
    default_code = "refused"
    default_detail = "It cannot be done as things are."


class PreconditionFailed(exceptions.APIException):
    """`If-Match` names another state than there is."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = "It was changed since you read it. Read it again, and send its new ETag as If-Match."


class TooLarge(exceptions.APIException):
    """The request is larger than allowed."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The request is larger than allowed."
