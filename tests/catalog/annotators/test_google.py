"""Google's own client against a loopback Cloud Vision: what is asked, what is answered, and what each fault means for the bill."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError, TransportError
from google.cloud import vision_v1
from google.rpc import code_pb2, status_pb2

from catalog.annotators import (
    AnnotateOptions,
    Answer,
    Failure,
    Feature,
    PictureFile,
    PictureToAnnotate,
    Ticket,
    UnknownTicketError,
    features_of,
)
from catalog.annotators.google import GoogleAnnotator
from catalog.annotators.google_client import GoogleSettings, classify_status
from catalog.annotators.google_requests import FEATURE_TYPES
from tests import vision_server
from tests.vision_server import VisionBackend

OPTIONS = AnnotateOptions()
LABELS, TEXT = Feature.LABEL_DETECTION, Feature.TEXT_DETECTION


@pytest.fixture
def backend() -> VisionBackend:
    return VisionBackend()


@pytest.fixture(params=["grpc", "rest"])
def annotator(request: pytest.FixtureRequest, backend: VisionBackend) -> Iterator[GoogleAnnotator]:
    serve = vision_server.serve_grpc if request.param == "grpc" else vision_server.serve_rest
    with serve(backend) as address:
        yield GoogleAnnotator(GoogleSettings(endpoint=f"http://{address}", transport=request.param))


def picture(number: int = 0, *features: Feature, n_bytes: int = 10, **changes: object) -> PictureToAnnotate:
    data = f"{number:05}".encode() * (n_bytes // 5)
    file = PictureFile(lambda: data, width=100, height=50, size_bytes=len(data))
    made = PictureToAnnotate(f"{number:064}", features or (LABELS,), width=100, height=50, small=file, view=file)
    return replace(made, **changes)  # type: ignore[arg-type]


def ask(annotator: GoogleAnnotator, *pictures: PictureToAnnotate, options: AnnotateOptions = OPTIONS) -> list[Answer]:
    return annotator.collect(annotator.submit(pictures, options))


def failures(answers: list[Answer]) -> list[Failure | None]:
    return [answer.errors[LABELS].failure if answer.errors else None for answer in answers]


@pytest.mark.parametrize("feature", list(Feature))
def test_each_feature_comes_back_as_its_own_part_of_google_s_document(annotator: GoogleAnnotator, feature: Feature):
    [answer] = ask(annotator, picture(0, feature))

    assert not answer.errors
    document = answer.documents[feature]
    message = vision_v1.AnnotateImageResponse.from_json(json.dumps(document))
    expected = vision_server.answer_request(
        vision_v1.AnnotateImageRequest(features=[vision_v1.Feature(type_=FEATURE_TYPES[feature])])
    )
    assert message == expected
    assert bool(document) == (feature != Feature.LOGO_DETECTION), "looked, none found, is an empty part"


def test_all_features_of_a_picture_are_one_request(annotator: GoogleAnnotator, backend: VisionBackend):
    [answer] = ask(annotator, picture(0, *sorted(features_of(annotator))))

    assert set(answer.documents) == set(Feature)
    assert len(backend.calls) == 1
    assert len(backend.billed) == 11


def test_answers_come_in_the_batch_s_order_and_requests_keep_to_sixteen(
    annotator: GoogleAnnotator, backend: VisionBackend
):
    backend.answer = lambda item: vision_v1.AnnotateImageResponse(
        label_annotations=[vision_v1.EntityAnnotation(description=item.image.content[:5].decode())]
    )
    answers = ask(annotator, *(picture(number) for number in range(32)))

    words = [answer.documents[LABELS]["labelAnnotations"][0]["description"] for answer in answers]
    assert words == [f"{number:05}" for number in range(32)]
    assert sorted(len(call.requests) for call in backend.calls) == [16, 16]


def test_requests_keep_to_ten_megabytes_of_json(annotator: GoogleAnnotator, backend: VisionBackend):
    ask(annotator, *(picture(number, n_bytes=3_000_000) for number in range(5)))

    assert sorted(len(call.requests) for call in backend.calls) == [1, 2, 2]


def test_a_picture_goes_as_its_original_where_that_fits_else_as_its_view(
    annotator: GoogleAnnotator, backend: VisionBackend
):
    def original(size_bytes: int, uri: str = "") -> PictureFile:
        return PictureFile(lambda: b"original", width=1000, height=500, size_bytes=size_bytes, uri=uri)

    ask(annotator, picture(original=original(8)))
    ask(annotator, picture(original=original(8_000_000)))
    ask(annotator, picture(original=original(8_000_000, "gs://library/a.jpg")))
    ask(annotator, picture(original=original(21_000_000, "gs://library/a.jpg")))

    sent = [call.requests[0].image for call in backend.calls]
    assert [image.content for image in sent] == [b"original", b"0000000000", b"", b"0000000000"]
    assert sent[2].source.image_uri == "gs://library/a.jpg"


def test_coordinates_are_those_of_the_upright_picture_whatever_was_sent(annotator: GoogleAnnotator):
    [answer] = ask(
        annotator, picture(0, Feature.FACE_DETECTION, TEXT, Feature.OBJECT_LOCALIZATION, width=400, height=100)
    )

    face = answer.documents[Feature.FACE_DETECTION]["faceAnnotations"][0]
    corners = [(80, 60), (120, 60), (120, 80), (80, 80)]
    assert [(v["x"], v["y"]) for v in face["boundingPoly"]["vertices"]] == corners
    assert face["landmarks"][0]["position"] == {"x": 80, "y": 60, "z": 20}
    page = answer.documents[TEXT]["fullTextAnnotation"]["pages"][0]
    assert (page["width"], page["height"]) == (400, 100)
    symbol = page["blocks"][0]["paragraphs"][0]["words"][0]["symbols"][0]
    assert [(v["x"], v["y"]) for v in symbol["boundingBox"]["vertices"]] == corners
    thing = answer.documents[Feature.OBJECT_LOCALIZATION]["localizedObjectAnnotations"][0]
    assert thing["boundingPoly"]["normalizedVertices"] == [{"x": 0.25, "y": 0.5}]


def test_languages_are_sent_with_text_alone_and_change_nothing_else(annotator: GoogleAnnotator, backend: VisionBackend):
    german = AnnotateOptions(language_hints=("de", "la"))
    ask(annotator, picture(0, TEXT), options=german)
    ask(annotator, picture(0, LABELS), options=german)

    hints = [list(call.requests[0].image_context.language_hints) for call in backend.calls]
    assert hints == [["de", "la"], []]
    assert annotator.parameters_of(LABELS, german) == annotator.parameters_of(LABELS, OPTIONS)
    assert annotator.parameters_of(TEXT, german) != annotator.parameters_of(TEXT, OPTIONS)


@pytest.mark.parametrize(
    ("fault", "failure", "n_billed"),
    [
        (vision_server.QUOTA, Failure.NOT_EXECUTED, 0),
        (vision_server.DENIED, Failure.DENIED, 0),
        (vision_server.WRONG_KEY, Failure.DENIED, 0),
        (vision_server.UNAVAILABLE, Failure.LOST, 0),
        (vision_server.UNAVAILABLE_AFTER, Failure.LOST, 3),
        (vision_server.DEADLINE, Failure.LOST, 3),
        (vision_server.CUT, Failure.LOST, 3),
    ],
)
def test_a_fault_of_the_whole_call_is_lost_unless_surely_not_executed(
    annotator: GoogleAnnotator, backend: VisionBackend, fault: str, failure: Failure, n_billed: int
):
    if annotator.settings.transport == "rest" and fault in {vision_server.UNAVAILABLE_AFTER, vision_server.DEADLINE}:
        pytest.skip("REST has no other way to say this than the cut connection.")
    backend.faults.append(fault)
    answers = ask(annotator, *(picture(number) for number in range(3)))

    assert failures(answers) == [failure] * 3
    assert sum(backend.billed.values()) == n_billed
    assert len(backend.calls) == (1 if n_billed else 0), "nothing is sent again by itself"


def test_a_bad_picture_spoils_no_other(annotator: GoogleAnnotator, backend: VisionBackend):
    backend.faults.append(vision_server.BAD_IMAGE)
    answers = ask(annotator, *(picture(number) for number in range(16)))

    assert failures(answers) == [None] * 15 + [Failure.REFUSED]
    assert "A bad image." in answers[15].errors[LABELS].message


def test_a_call_that_is_refused_whole_is_asked_picture_by_picture(annotator: GoogleAnnotator, backend: VisionBackend):
    backend.faults.extend([vision_server.BAD_CALL, "", vision_server.BAD_CALL, ""])

    assert failures(ask(annotator, *(picture(number) for number in range(3)))) == [None, Failure.REFUSED, None]
    assert sorted(backend.billed.values()) == [1, 1], "the call that was refused whole was not executed"


def test_a_file_that_cloud_vision_cannot_open_is_refused_alone_but_a_closed_bucket_stops_the_run(
    annotator: GoogleAnnotator, backend: VisionBackend
):
    def at(number: int) -> PictureToAnnotate:
        uri = f"gs://library/{number}.jpg"
        return picture(number, view=PictureFile(lambda: b"", 100, 50, 10, uri=uri))

    def answer(item: vision_v1.AnnotateImageRequest) -> vision_v1.AnnotateImageResponse:
        if item.image.source.image_uri in closed:
            error = status_pb2.Status(code=code_pb2.PERMISSION_DENIED, message="Error opening file.")
            return vision_v1.AnnotateImageResponse(error=error)
        return vision_server.answer_request(item)

    backend.answer = answer
    closed = {"gs://library/1.jpg"}
    assert failures(ask(annotator, at(0), at(1), at(2))) == [None, Failure.REFUSED, None]
    closed |= {"gs://library/0.jpg", "gs://library/2.jpg"}
    assert failures(ask(annotator, at(0), at(1), at(2))) == [Failure.DENIED] * 3


def test_a_token_that_cannot_be_renewed_is_no_call_that_was_lost(backend: VisionBackend):
    class Expired(AnonymousCredentials):
        def before_request(self, *args: object) -> None:
            raise problem

    problem: Exception = RefreshError("The key was deleted.")
    with vision_server.serve_grpc(backend) as address:
        annotator = GoogleAnnotator(GoogleSettings(endpoint=f"http://{address}"))
        annotator.client._credentials = Expired()
        assert failures(ask(annotator, picture())) == [Failure.DENIED]
        problem = TransportError("No way to the token server.")
        assert failures(ask(annotator, picture())) == [Failure.NOT_EXECUTED]
    assert backend.calls == []


@pytest.mark.parametrize(
    ("code", "failure"), [(0, Failure.LOST), (3, Failure.REFUSED), (8, Failure.NOT_EXECUTED), (15, Failure.LOST)]
)
def test_an_error_inside_an_answer_is_lost_unless_it_is_known_what_it_means(code: int, failure: Failure):
    assert classify_status(code) == failure


def test_a_quota_error_inside_an_answer_is_surely_not_executed(annotator: GoogleAnnotator, backend: VisionBackend):
    backend.faults.append(vision_server.IMAGE_QUOTA)

    assert failures(ask(annotator, picture(0), picture(1))) == [None, Failure.NOT_EXECUTED]


def test_what_an_answer_lacks_is_lost(annotator: GoogleAnnotator, backend: VisionBackend):
    backend.faults.append(vision_server.SHORT)
    answers = ask(annotator, picture(0), picture(1), picture(2))

    assert failures(answers) == [None, None, Failure.LOST]
    assert "answered 2 of 3" in answers[2].errors[LABELS].message


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_without_a_connection_nothing_was_executed(monkeypatch: pytest.MonkeyPatch, transport: str):
    monkeypatch.setattr("catalog.annotators.google_client.CONNECT_TIMEOUT_S", 0.3)
    annotator = GoogleAnnotator(GoogleSettings(endpoint="http://127.0.0.1:9", transport=transport))

    assert failures(ask(annotator, picture())) == [Failure.NOT_EXECUTED]


def test_without_credentials_nothing_is_sent_and_the_reason_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    [answer] = ask(GoogleAnnotator(GoogleSettings()), picture())

    assert answer.errors[LABELS].failure == Failure.DENIED
    assert "Expected credentials for Cloud Vision" in answer.errors[LABELS].message


def test_a_file_that_cannot_be_read_is_refused_in_its_own_answer(annotator: GoogleAnnotator):
    def read() -> bytes:
        raise FileNotFoundError("view/ab.jpg")

    gone = picture(1, view=PictureFile(read, 100, 50, 10))
    answers = ask(annotator, picture(0), gone, picture(2))

    assert failures(answers) == [None, Failure.REFUSED, None]
    assert "view/ab.jpg" in answers[1].errors[LABELS].message


def test_an_api_key_goes_with_the_call(backend: VisionBackend):
    with vision_server.serve_rest(backend) as address:
        settings = GoogleSettings(endpoint=f"http://{address}", transport="rest", api_key="secret")
        ask(GoogleAnnotator(settings), picture())

    assert backend.headers[-1]["x-goog-api-key"] == "secret"


def test_a_ticket_is_good_once_and_only_here(annotator: GoogleAnnotator):
    ticket = annotator.submit([picture()], OPTIONS)
    annotator.collect(ticket)

    for wrong in (ticket, Ticket("local", "1")):
        with pytest.raises(UnknownTicketError, match="Submit the batch again"):
            annotator.collect(wrong)


def test_a_batch_too_large_is_refused(annotator: GoogleAnnotator):
    with pytest.raises(ValueError, match="at most 32 pictures, but got 33"):
        annotator.submit([picture()] * 33, OPTIONS)
