"""A loopback Cloud Vision: gRPC and REST, built from the client's own message classes, that counts what it would bill.

    python -m tests.vision_server --port-file F --log F

runs it as a process of its own until its standard input closes. Every billed unit is one line of the log, written before the
answer leaves: `<sha256 or URI> <feature>`.
"""

import argparse
import hashlib
import json
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
from google.cloud import storage
from google.cloud.vision_v1 import types
from google.longrunning import operations_pb2
from google.protobuf.json_format import MessageToJson
from google.rpc import code_pb2, status_pb2

MAX_IMAGES = 16
MAX_ASYNC_IMAGES = 2000
MAX_REQUEST_BYTES = 10 * 1024**2  # as JSON
MAX_IMAGE_BYTES = 20 * 1024**2
Feature = types.Feature.Type

QUOTA = "quota"  # the whole call: RESOURCE_EXHAUSTED, nothing executed
UNAVAILABLE = "unavailable"  # before anything was executed; a client cannot know that
UNAVAILABLE_AFTER = "unavailable after"
DEADLINE = "deadline"  # executed, but the answer did not come in time
CUT = "cut"  # executed, and the connection cut in the middle of the answer
BAD_IMAGE = "bad image"  # the last image of the batch is refused
IMAGE_QUOTA = "image quota"  # the last image of the batch: RESOURCE_EXHAUSTED, not executed
SHORT = "short"  # the answer lacks its last image
DENIED = "denied"
GONE = "gone"  # an operation that nobody knows
WRONG_KEY = "wrong key"  # the whole call: INVALID_ARGUMENT, as Google says it of a key
KEY_MESSAGE = "API key not valid. Please pass a valid API key."
BAD_CALL = "bad call"  # the whole call: INVALID_ARGUMENT, nothing executed


REST_FAULTS = {
    QUOTA: (429, "RESOURCE_EXHAUSTED"),
    UNAVAILABLE: (503, "UNAVAILABLE"),
    DENIED: (403, "PERMISSION_DENIED"),
    BAD_CALL: (400, "INVALID_ARGUMENT"),
    GONE: (404, "NOT_FOUND"),
}


class VisionBackend:
    """What the servers have in common: the answers, the bill, and the faults to come, one a call ("" for none)."""

    def __init__(self, log: Path | None = None, delay_s: float = 0) -> None:
        self.billed: Counter[tuple[str, str]] = Counter()
        self.calls: list[types.BatchAnnotateImagesRequest] = []
        self.headers: list[dict[str, str]] = []
        self.faults: deque[str] = deque()
        self.answer: Callable[[types.AnnotateImageRequest], types.AnnotateImageResponse] = answer_request
        self.looks_until_done = 0
        """How often an operation is looked at before it is done, and its answers are there."""
        self.fail_operations = ""
        self._unwritten: list[tuple[types.AsyncBatchAnnotateImagesRequest, list[types.AnnotateImageResponse]]] = []
        self._log = log
        self._delay_s = delay_s
        self._lock = threading.Lock()

    def annotate(self, request: types.BatchAnnotateImagesRequest, fault: str = "") -> list[types.AnnotateImageResponse]:
        """Answer and bill each image of a batch."""
        self.calls.append(request)
        time.sleep(self._delay_s)
        responses = []
        for number, item in enumerate(request.requests):
            last = number == len(request.requests) - 1
            if last and fault in {BAD_IMAGE, IMAGE_QUOTA}:
                code = code_pb2.INVALID_ARGUMENT if fault == BAD_IMAGE else code_pb2.RESOURCE_EXHAUSTED
                responses.append(types.AnnotateImageResponse(error=status_pb2.Status(code=code, message=f"A {fault}.")))
                continue
            self._bill(item)
            responses.append(self.answer(item))
        return responses[:-1] if fault == SHORT else responses

    def start(self, request: types.AsyncBatchAnnotateImagesRequest, fault: str) -> operations_pb2.Operation:
        """Annotate an asynchronous batch; its answers are in the bucket when it is done, or at once where nobody has to wait."""
        responses = self.annotate(types.BatchAnnotateImagesRequest(requests=request.requests), fault)
        self._unwritten.append((request, responses))
        if not self.looks_until_done:
            self._write_outputs()
        return operations_pb2.Operation(name=f"projects/library/operations/{len(self.calls)}")

    def look_at(self, name: str) -> operations_pb2.Operation:
        """How far an operation is."""
        if self.looks_until_done:
            self.looks_until_done -= 1
            return operations_pb2.Operation(name=name, done=False)
        self._write_outputs()
        operation = operations_pb2.Operation(name=name, done=True)
        if self.fail_operations:
            operation.error.code, operation.error.message = code_pb2.INTERNAL, self.fail_operations
        else:
            operation.response.Pack(types.AsyncBatchAnnotateImagesResponse.pb(types.AsyncBatchAnnotateImagesResponse()))
        return operation

    def _write_outputs(self) -> None:
        while self._unwritten:
            write_output(*self._unwritten.pop())

    def next_fault(self) -> str:
        """The fault of this call."""
        with self._lock:
            return self.faults.popleft() if self.faults else ""

    def _bill(self, item: types.AnnotateImageRequest) -> None:
        name = image_name(item)
        units = [(name, Feature(feature.type_).name) for feature in item.features]
        with self._lock:
            self.billed.update(units)
            if self._log is not None:
                with self._log.open("a") as log:
                    log.writelines(f"{key} {feature}\n" for key, feature in units)


def image_name(item: types.AnnotateImageRequest) -> str:
    """What the bill names: the SHA-256 of the bytes that were sent, or the URI."""
    return item.image.source.image_uri or hashlib.sha256(item.image.content).hexdigest()


def write_output(
    request: types.AsyncBatchAnnotateImagesRequest, responses: Sequence[types.AnnotateImageResponse]
) -> None:
    """Write answers as Cloud Vision does: so many a file, each with the address of its picture."""
    client = storage.Client(project=None)
    bucket, _, prefix = request.output_config.gcs_destination.uri.removeprefix("gs://").partition("/")
    size = request.output_config.batch_size or 20
    for start in range(0, len(responses), size):
        part = []
        for item, response in zip(request.requests[start:], responses[start : start + size], strict=False):
            answer = types.AnnotateImageResponse(response)
            answer.context.uri = item.image.source.image_uri
            part.append(answer)
        name = f"{prefix}output-{start + 1}-to-{start + len(part)}.json"
        text = types.BatchAnnotateImagesResponse.to_json(types.BatchAnnotateImagesResponse(responses=part))
        client.bucket(bucket).blob(name).upload_from_string(text, content_type="application/json")
    client.close()


def what_is_too_much(request: types.BatchAnnotateImagesRequest) -> str:
    """Which of Cloud Vision's limits a batch passes, or nothing."""
    sizes = [len(item.image.content) for item in request.requests]
    if len(sizes) > MAX_IMAGES:
        return f"Too many images per request: {len(sizes)}."
    if max(sizes, default=0) > MAX_IMAGE_BYTES:
        return "Image too large."
    return "Request payload size exceeds the limit." if sum(sizes) * 4 // 3 > MAX_REQUEST_BYTES else ""


def what_is_wrong(request: types.AsyncBatchAnnotateImagesRequest) -> str:
    """Why Cloud Vision would refuse an asynchronous batch, or nothing."""
    if len(request.requests) > MAX_ASYNC_IMAGES:
        return f"Too many images per request: {len(request.requests)}."
    if not all(item.image.source.image_uri.startswith("gs://") for item in request.requests):
        return "Asynchronous batches take images in Cloud Storage only."
    return "" if 1 <= request.output_config.batch_size <= 100 else "Bad batch size."


def answer_request(item: types.AnnotateImageRequest) -> types.AnnotateImageResponse:
    """A small answer for each feature; boxes are of 10 pixels at (20, 30) of what was sent."""
    box = types.BoundingPoly(
        vertices=[types.Vertex(x=x, y=y) for x, y in ((20, 30), (30, 30), (30, 40), (20, 40))],
        normalized_vertices=[],
    )
    response = types.AnnotateImageResponse()
    for feature in item.features:
        match Feature(feature.type_):
            case Feature.LABEL_DETECTION:
                response.label_annotations = [
                    types.EntityAnnotation(mid="/m/01yrx", description="Cat", score=0.9, topicality=0.9)
                ]
            case Feature.OBJECT_LOCALIZATION:
                poly = types.BoundingPoly(normalized_vertices=[types.NormalizedVertex(x=0.25, y=0.5)])
                response.localized_object_annotations = [
                    types.LocalizedObjectAnnotation(mid="/m/01yrx", name="Cat", score=0.8, bounding_poly=poly)
                ]
            case Feature.FACE_DETECTION:
                eye = types.FaceAnnotation.Landmark(
                    type_=types.FaceAnnotation.Landmark.Type.LEFT_EYE, position=types.Position(x=20, y=30, z=5)
                )
                response.face_annotations = [
                    types.FaceAnnotation(
                        bounding_poly=box,
                        fd_bounding_poly=box,
                        landmarks=[eye],
                        roll_angle=1.5,
                        detection_confidence=0.75,
                        joy_likelihood=types.Likelihood.VERY_LIKELY,
                    )
                ]
            case Feature.LANDMARK_DETECTION:
                response.landmark_annotations = [types.EntityAnnotation(description="Tower", bounding_poly=box)]
            case Feature.LOGO_DETECTION:
                response.logo_annotations = []
            case Feature.TEXT_DETECTION | Feature.DOCUMENT_TEXT_DETECTION:
                response.text_annotations = [types.EntityAnnotation(description="STOP", bounding_poly=box)]
                word = types.Word(bounding_box=box, symbols=[types.Symbol(text="S", bounding_box=box)])
                block = types.Block(bounding_box=box, paragraphs=[types.Paragraph(bounding_box=box, words=[word])])
                page = types.Page(width=100, height=50, blocks=[block])
                response.full_text_annotation = types.TextAnnotation(text="STOP", pages=[page])
            case Feature.SAFE_SEARCH_DETECTION:
                response.safe_search_annotation = types.SafeSearchAnnotation(adult=types.Likelihood.VERY_UNLIKELY)
            case Feature.IMAGE_PROPERTIES:
                colour = types.ColorInfo(color={"red": 255.0}, score=0.5, pixel_fraction=0.25)
                response.image_properties_annotation = types.ImageProperties(
                    dominant_colors=types.DominantColorsAnnotation(colors=[colour])
                )
            case Feature.CROP_HINTS:
                hint = types.CropHint(bounding_poly=box, confidence=0.5)
                response.crop_hints_annotation = types.CropHintsAnnotation(crop_hints=[hint])
            case Feature.WEB_DETECTION:
                entity = types.WebDetection.WebEntity(entity_id="/m/01yrx", score=0.7, description="Cat")
                response.web_detection = types.WebDetection(web_entities=[entity])
    return response


class _Servicer(grpc.GenericRpcHandler):
    def __init__(self, backend: VisionBackend) -> None:
        self._backend = backend

    def service(self, handler_call_details: Any) -> Any:
        deeds = {
            "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateImages": (
                self._batch,
                types.BatchAnnotateImagesRequest.deserialize,
                types.BatchAnnotateImagesResponse.serialize,
            ),
            "/google.cloud.vision.v1.ImageAnnotator/AsyncBatchAnnotateImages": (
                self._start,
                types.AsyncBatchAnnotateImagesRequest.deserialize,
                operations_pb2.Operation.SerializeToString,
            ),
            "/google.longrunning.Operations/GetOperation": (
                self._get_operation,
                operations_pb2.GetOperationRequest.FromString,
                operations_pb2.Operation.SerializeToString,
            ),
        }
        if handler_call_details.method not in deeds:
            return None
        deed, read, write = deeds[handler_call_details.method]
        return grpc.unary_unary_rpc_method_handler(deed, request_deserializer=read, response_serializer=write)

    def _batch(self, request: types.BatchAnnotateImagesRequest, context: Any) -> types.BatchAnnotateImagesResponse:
        fault = self._backend.next_fault()
        for name, code in (
            (QUOTA, grpc.StatusCode.RESOURCE_EXHAUSTED),
            (UNAVAILABLE, grpc.StatusCode.UNAVAILABLE),
            (DENIED, grpc.StatusCode.PERMISSION_DENIED),
            (BAD_CALL, grpc.StatusCode.INVALID_ARGUMENT),
        ):
            if fault == name:
                context.abort(code, f"Fault: {fault}.")
        if fault == WRONG_KEY:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, KEY_MESSAGE)
        if problem := what_is_too_much(request):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, problem)
        responses = self._backend.annotate(request, fault)
        for name, code in (
            (UNAVAILABLE_AFTER, grpc.StatusCode.UNAVAILABLE),
            (CUT, grpc.StatusCode.UNAVAILABLE),
            (DEADLINE, grpc.StatusCode.DEADLINE_EXCEEDED),
        ):
            if fault == name:
                context.abort(code, f"Fault: {fault}.")
        return types.BatchAnnotateImagesResponse(responses=responses)

    def _start(self, request: types.AsyncBatchAnnotateImagesRequest, context: Any) -> operations_pb2.Operation:
        fault = self._backend.next_fault()
        for name, code in (
            (QUOTA, grpc.StatusCode.RESOURCE_EXHAUSTED),
            (DENIED, grpc.StatusCode.PERMISSION_DENIED),
            (BAD_CALL, grpc.StatusCode.INVALID_ARGUMENT),
        ):
            if fault == name:
                context.abort(code, f"Fault: {fault}.")
        if problem := what_is_wrong(request):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, problem)
        operation = self._backend.start(request, fault)
        if fault == UNAVAILABLE_AFTER:
            context.abort(grpc.StatusCode.UNAVAILABLE, f"Fault: {fault}.")
        return operation

    def _get_operation(self, request: operations_pb2.GetOperationRequest, context: Any) -> operations_pb2.Operation:
        fault = self._backend.next_fault()
        if fault == UNAVAILABLE:
            context.abort(grpc.StatusCode.UNAVAILABLE, f"Fault: {fault}.")
        if fault == GONE:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Fault: {fault}.")
        return self._backend.look_at(request.name)


@contextmanager
def serve_grpc(backend: VisionBackend) -> Iterator[str]:
    """Run the gRPC server; gives its address as host:port."""
    pool = ThreadPoolExecutor(4)
    server = grpc.server(pool, options=[("grpc.max_receive_message_length", 64 * 1024**2)])
    server.add_generic_rpc_handlers((_Servicer(backend),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()
        pool.shutdown()


@contextmanager
def serve_rest(backend: VisionBackend) -> Iterator[str]:
    """Run the REST server; gives its address as host:port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server looks for
            body = self.rfile.read(int(self.headers["Content-Length"]))
            backend.headers.append({name.lower(): value for name, value in self.headers.items()})
            fault = backend.next_fault()
            if fault in REST_FAULTS:
                return self._refuse(*REST_FAULTS[fault], f"Fault: {fault}.")
            if fault == WRONG_KEY:
                return self._refuse(400, "INVALID_ARGUMENT", KEY_MESSAGE, reason="API_KEY_INVALID")
            if self.path.startswith("/v1/images:asyncBatchAnnotate"):
                request = types.AsyncBatchAnnotateImagesRequest.from_json(body)
                if problem := what_is_wrong(request):
                    return self._refuse(400, "INVALID_ARGUMENT", problem)
                return self._send(200, MessageToJson(backend.start(request, fault)).encode(), cut=fault == CUT)
            batch = types.BatchAnnotateImagesRequest.from_json(body)
            if problem := what_is_too_much(batch):
                return self._refuse(400, "INVALID_ARGUMENT", problem)
            responses = backend.annotate(batch, fault)
            answer = types.BatchAnnotateImagesResponse.to_json(types.BatchAnnotateImagesResponse(responses=responses))
            return self._send(200, answer.encode(), cut=fault == CUT)

        def do_GET(self) -> None:
            fault = backend.next_fault()
            if fault in REST_FAULTS:
                return self._refuse(*REST_FAULTS[fault], f"Fault: {fault}.")
            name = self.path.removeprefix("/v1/").partition("?")[0]
            return self._send(200, MessageToJson(backend.look_at(name)).encode())

        def _refuse(self, code: int, status: str, message: str, *, reason: str = "") -> None:
            error: dict[str, Any] = {"code": code, "message": message, "status": status}
            if reason:
                kind = "type.googleapis.com/google.rpc.ErrorInfo"
                error["details"] = [{"@type": kind, "reason": reason, "domain": "googleapis.com"}]
            self._send(code, json.dumps({"error": error}).encode())

        def _send(self, code: int, body: bytes, *, cut: bool = False) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)

        def log_message(self, format: str, *args: Any) -> None:  # http.server's own name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def main() -> None:
    """Serve gRPC until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--delay-s", type=float, default=0)
    options = parser.parse_args()
    with serve_grpc(VisionBackend(options.log, options.delay_s)) as address:
        options.port_file.write_text(address)
        sys.stdin.read()


if __name__ == "__main__":
    main()
