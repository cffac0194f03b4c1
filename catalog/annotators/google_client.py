"""Talking to Cloud Vision through Google's own client, so that it is always known whether a call was executed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import google.auth
import grpc
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.exceptions import TransportError as AuthTransportError
from google.auth.transport.requests import Request as AuthRequest
from google.cloud import vision_v1
from google.cloud.vision_v1.services.image_annotator import transports
from google.longrunning import operations_pb2
from google.rpc import code_pb2
from urllib3.exceptions import NewConnectionError

from catalog.annotators.base import Failure

CONNECT_TIMEOUT_S: Final = 15.0
CALL_TIMEOUT_S: Final = 300.0  # Google's own limit is 600; most batches take a few seconds

# Everything that is not named here may have been executed.
_FAILURES: Final[tuple[tuple[type[Exception], Failure], ...]] = (
    (exceptions.TooManyRequests, Failure.NOT_EXECUTED),  # RESOURCE_EXHAUSTED
    (exceptions.Unauthorized, Failure.DENIED),
    (exceptions.Forbidden, Failure.DENIED),
    (exceptions.NotFound, Failure.DENIED),  # the API is not enabled, or the endpoint is another service
    (exceptions.FailedPrecondition, Failure.DENIED),  # billing is not enabled
    (exceptions.BadRequest, Failure.REFUSED),
    (AuthTransportError, Failure.NOT_EXECUTED),
    (GoogleAuthError, Failure.DENIED),
    (requests.ConnectTimeout, Failure.NOT_EXECUTED),
)
_STATUS_FAILURES: Final = {
    code_pb2.RESOURCE_EXHAUSTED: Failure.NOT_EXECUTED,
    code_pb2.PERMISSION_DENIED: Failure.DENIED,
    code_pb2.UNAUTHENTICATED: Failure.DENIED,
    # What is wrong with an image stays wrong.
    code_pb2.INVALID_ARGUMENT: Failure.REFUSED,
    code_pb2.NOT_FOUND: Failure.REFUSED,
    code_pb2.FAILED_PRECONDITION: Failure.REFUSED,
    code_pb2.OUT_OF_RANGE: Failure.REFUSED,
    code_pb2.UNIMPLEMENTED: Failure.REFUSED,
}
WRONG_KEY: Final = "API_KEY_INVALID"  # the reason in the error's details


@dataclass(frozen=True)
class GoogleSettings:
    """How to reach Cloud Vision."""

    endpoint: str = ""
    """`host:port`; "" is Google's own. With `http://` before it, it is talked to without encryption and credentials."""
    transport: str = "grpc"
    """grpc or rest."""
    api_key: str = ""
    """Sent instead of credentials if given."""
    images_per_minute: int = 1800
    output_uri: str = ""
    """`gs://bucket/prefix` for asynchronous batches, at most 150 characters; "" annotates synchronously."""


class CallError(Exception):
    """A call brought no answer; `failure` says whether it may have been executed."""

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__(message)
        self.failure = failure
        self.message = message


class VisionClient:
    """Google's client, made at the first call; nothing is ever sent twice by itself. Safe for several threads."""

    def __init__(self, settings: GoogleSettings) -> None:
        self._settings = settings
        try:
            self._client = _make_client(settings)
        except (GoogleAuthError, ValueError) as error:
            raise CallError(
                Failure.DENIED, f"Expected credentials for Cloud Vision, but found none that can be used: {error}"
            ) from error
        self._transport: Any = self._client.transport
        self._credentials: Credentials | None = self._transport._credentials

    def annotate(self, requests_: Sequence[vision_v1.AnnotateImageRequest]) -> list[vision_v1.AnnotateImageResponse]:
        """Send one request of at most 16 images. Raises CallError."""
        batch = vision_v1.BatchAnnotateImagesRequest(requests=requests_)
        response = self.call(self._client.batch_annotate_images, batch)
        return list(response.responses)

    def start(self, requests_: Sequence[vision_v1.AnnotateImageRequest], output_uri: str, batch_size: int) -> str:
        """Begin an asynchronous batch of at most 2,000 images.

        Parameters
        ----------
        output_uri: `gs://bucket/folder/` that the answers are written to.
        batch_size: answers a file, 1 to 100.

        Returns the operation's name. Raises CallError.
        """
        output = vision_v1.OutputConfig(gcs_destination=vision_v1.GcsDestination(uri=output_uri), batch_size=batch_size)
        batch = vision_v1.AsyncBatchAnnotateImagesRequest(requests=requests_, output_config=output)
        future = self.call(self._client.async_batch_annotate_images, batch)
        return str(future.operation.name)

    def find_operation(self, name: str) -> operations_pb2.Operation | None:
        """Ask how far an operation is; None if Google does not know it any more. Raises CallError."""
        try:
            operation: operations_pb2.Operation = self.call(self._transport.operations_client.get_operation, name)
        except CallError as error:
            if isinstance(error.__cause__, exceptions.NotFound):
                return None
            raise
        return operation

    def call(self, method: Any, request: Any) -> Any:
        """Call with retries off, as the client's own would send (and pay) again what may have been executed."""
        self._identify()
        self._connect()
        metadata = [("x-goog-api-key", self._settings.api_key)] if self._settings.api_key else []
        try:
            return method(request, retry=None, timeout=CALL_TIMEOUT_S, metadata=metadata)
        except Exception as error:
            raise CallError(classify(error), f"Cloud Vision did not answer: {error}") from error

    def _identify(self) -> None:
        """Renew the credentials' token if it is due: when that fails inside a call, it looks like a call that was sent and lost."""
        if self._credentials is None:
            return
        try:
            self._credentials.before_request(AuthRequest(), "POST", "https://vision.googleapis.com/", {})  # type: ignore[no-untyped-call]  # no types
        except GoogleAuthError as error:
            raise CallError(classify(error), f"The credentials for Cloud Vision could not be used: {error}") from error

    def _connect(self) -> None:
        """Wait for a connection, so that what fails after this has left the house."""
        if self._settings.transport != "grpc":
            return
        try:
            grpc.channel_ready_future(self._transport.grpc_channel).result(timeout=CONNECT_TIMEOUT_S)
        except grpc.FutureTimeoutError as error:
            where = self._settings.endpoint or "Google"
            raise CallError(Failure.NOT_EXECUTED, f"No connection to {where} in {CONNECT_TIMEOUT_S:g} s.") from error


def classify(error: Exception) -> Failure:
    """Say what an exception of the client means for the bill; when in doubt it is LOST."""
    if isinstance(error, exceptions.BadRequest) and (error.reason == WRONG_KEY or "API key not valid" in str(error)):
        return Failure.DENIED  # Google says it of the key as it does of a picture
    if isinstance(error, GoogleAuthError) and error.retryable:
        return Failure.NOT_EXECUTED
    for kind, failure in _FAILURES:
        if isinstance(error, kind):
            return failure
    if isinstance(error, requests.ConnectionError) and error.args:
        reason = getattr(error.args[0], "reason", None)
        if isinstance(reason, NewConnectionError):
            return Failure.NOT_EXECUTED
    return Failure.LOST


def classify_status(code: int) -> Failure:
    """Say what the google.rpc.Code in one image's answer means; when in doubt it is LOST."""
    return _STATUS_FAILURES.get(code, Failure.LOST)


def has_credentials(settings: GoogleSettings) -> bool:
    """Whether there is anything to identify with; asks no network unless the machine is one of Google's.

    A key names a project, not a person, so it opens no bucket: asynchronous batches need credentials.
    """
    if not settings.output_uri and (settings.api_key or settings.endpoint.startswith("http://")):
        return True
    try:
        google.auth.default()
    except GoogleAuthError:
        return False
    return True


def _make_client(settings: GoogleSettings) -> vision_v1.ImageAnnotatorClient:
    if settings.endpoint.startswith("http://"):
        host = settings.endpoint.removeprefix("http://")
        if settings.transport == "rest":
            transport: Any = transports.ImageAnnotatorRestTransport(host=host, url_scheme="http", credentials=_nobody())
        else:
            limits = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
            transport = transports.ImageAnnotatorGrpcTransport(channel=grpc.insecure_channel(host, options=limits))
        return vision_v1.ImageAnnotatorClient(transport=transport)
    options = {"api_endpoint": settings.endpoint} if settings.endpoint else {}
    credentials = _nobody() if settings.api_key else None
    return vision_v1.ImageAnnotatorClient(transport=settings.transport, client_options=options, credentials=credentials)


def _nobody() -> AnonymousCredentials:
    return AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth has no types for it
