"""The door `POST /v1/images:annotate`: a key, a body within limits, and Google's form of answers and errors."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from catalog.models import ApiKey
from catalog.permissions import may_use_vision
from catalog.services.api_keys import find_api_key, take_turn
from explorer.vision.annotate import MAX_BODY_BYTES, annotate_batch, parse_request, to_json
from explorer.vision.errors import VisionError

CHUNK = 64 * 1024


@csrf_exempt  # no cookie opens this door, so nobody's browser can be made to come in by it
def annotate_images(request: HttpRequest, parent: str = "") -> JsonResponse:
    """Annotate up to 16 images. `parent` (projects/…) is what Google's clients may put in the path; it means nothing here."""
    try:
        if request.method != "POST":
            raise VisionError(HTTPStatus.METHOD_NOT_ALLOWED, "Expected POST.")
        key = _check_key(request)
        message = parse_request(_read_body(request))
        if not take_turn(key, max(1, len(message.requests))):
            raise VisionError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"This key may send {key.images_per_minute} images a minute; send it again later.",
                reason="RATE_LIMIT_EXCEEDED",
                retry_after_s=60,
            )
        responses = annotate_batch(message)
    except VisionError as error:
        return error.to_response()
    numbers = "enum-encoding=int" in request.GET.get("$alt", "")
    return JsonResponse({"responses": [to_json(response, enums_as_numbers=numbers) for response in responses]})


def _check_key(request: HttpRequest) -> ApiKey:
    """The key of the query, the header or the bearer token, as Google takes them. Raises VisionError."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    text = request.GET.get("key") or request.headers.get("X-Goog-Api-Key") or bearer
    if not text:
        raise VisionError(
            HTTPStatus.FORBIDDEN, "Expected an API key (?key=, X-Goog-Api-Key, or a bearer token), got none."
        )
    key = find_api_key(text)
    if key is None:
        if text == bearer:
            raise VisionError(
                HTTPStatus.UNAUTHORIZED, "The bearer token is no valid key.", reason="ACCESS_TOKEN_INVALID"
            )
        raise VisionError(
            HTTPStatus.BAD_REQUEST, "API key not valid: unknown, expired or revoked.", reason="API_KEY_INVALID"
        )
    if not may_use_vision(key.owner):
        raise VisionError(
            HTTPStatus.FORBIDDEN,
            "The key lacks the scope annotate or is for one collection, or its owner may not have pictures annotated.",
            reason="API_KEY_SERVICE_BLOCKED",
        )
    return key


def _read_body(request: HttpRequest) -> bytes:
    """The body, as long as it stays within the limit, whatever its Content-Length said. Raises VisionError."""
    too_large = VisionError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Request payload size exceeds the limit: {MAX_BODY_BYTES} bytes."
    )
    told = request.headers.get("Content-Length") or "0"
    if told.isdecimal() and int(told) > MAX_BODY_BYTES:
        raise too_large
    parts, size = [], 0
    while part := request.read(CHUNK):
        parts.append(part)
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise too_large
    return b"".join(parts)
