"""`Idempotency-Key`: a POST that may be sent again without doing its deed again."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.services.idempotency import Replay, claim_key, forget_key, keep_answer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_KEY_LENGTH = 200


class IdempotentMixin:
    """For views with POST: with the header, the deed is done once and its answer given again for a day. Beside a view class, before it.

    Only what succeeded is kept. What was refused did nothing, so the same key may be used again.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After everybody was asked who they are and whether they may: put the keeping around the handler of this request."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]  # the view class beside this one
        if request.method == "POST" and HEADER in request.headers:
            handler = self.post  # type: ignore[has-type]  # the view class beside this one
            self.post = lambda request, *args, **kwargs: _answer_once(handler, request, *args, **kwargs)


def _answer_once(handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
    key = request.headers[HEADER].strip()
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise ValidationError({HEADER: f"Expected 1 to {MAX_KEY_LENGTH} characters, got {len(key)}."})
    claimed = claim_key(request.user, key, _hash(request))  # type: ignore[arg-type]  # strangers were refused before
    if isinstance(claimed, Replay):
        headers = {REPLAYED: "true"} | ({"Location": claimed.location} if claimed.location else {})
        return Response(claimed.response, status=claimed.status_code, headers=headers)
    try:
        response = handler(request, *args, **kwargs)
    except BaseException:
        forget_key(claimed)
        raise
    if response.status_code >= 300:
        forget_key(claimed)
        return response
    data = None if response.data is None else json.loads(JSONRenderer().render(response.data))
    keep_answer(claimed, status_code=response.status_code, response=data, location=response.get("Location", ""))
    return response


def _hash(request: Request) -> str:
    """SHA-256 of method, path and what was sent; of a form its fields, and of its files name and bytes."""
    digest = hashlib.sha256(json.dumps([request.method, request.get_full_path()]).encode())
    if not isinstance(request.data, QueryDict):
        digest.update(json.dumps(request.data, sort_keys=True).encode())
        return digest.hexdigest()
    fields: list[tuple[str, list[Any]]] = sorted(request.data.lists())
    for name, values in fields:
        for value in values:
            if isinstance(value, UploadedFile):
                digest.update(json.dumps([name, value.name, value.size]).encode())
                for chunk in value.chunks():
                    digest.update(chunk)
                value.seek(0)
            else:
                digest.update(json.dumps([name, value]).encode())
    return digest.hexdigest()
