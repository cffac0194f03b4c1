"""Asynchronous batches: Google's clients for Vision and Storage, against a loopback Cloud Vision and a bucket on loopback."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from google.cloud import storage, vision_v1
from google.rpc import code_pb2, status_pb2

from catalog.annotators import (
    AnnotateOptions,
    Answer,
    Failure,
    Feature,
    PictureFile,
    PictureToAnnotate,
    SubmitError,
    Ticket,
    UnknownTicketError,
)
from catalog.annotators.google import GoogleAnnotator
from catalog.annotators.google_client import GoogleSettings
from tests import vision_server
from tests.cloud_storage import cloud_storage
from tests.vision_server import VisionBackend

OPTIONS = AnnotateOptions()
LABELS, FACES = Feature.LABEL_DETECTION, Feature.FACE_DETECTION
OUTPUT = "gs://answers/vision"
Make = Callable[..., GoogleAnnotator]


@pytest.fixture
def bucket() -> Iterator[storage.Bucket]:
    with cloud_storage("answers") as client:
        yield client.bucket("answers")


@pytest.fixture
def backend(bucket: storage.Bucket) -> VisionBackend:
    return VisionBackend()


@pytest.fixture(params=["grpc", "rest"])
def make(request: pytest.FixtureRequest, backend: VisionBackend) -> Iterator[Make]:
    """Makes annotators that know nothing of each other, as those of two processes; naps take no time."""
    serve = vision_server.serve_grpc if request.param == "grpc" else vision_server.serve_rest
    with serve(backend) as address:

        def annotator(**settings: str) -> GoogleAnnotator:
            options = {"endpoint": f"http://{address}", "transport": request.param, "output_uri": OUTPUT, **settings}
            return GoogleAnnotator(GoogleSettings(**options), sleep=lambda _: None)

        yield annotator


def picture(number: int, *features: Feature, uri: bool = True, **changes: object) -> PictureToAnnotate:
    address = f"gs://library/{number:04}.jpg" if uri else ""
    file = PictureFile(lambda: f"{number:04}".encode(), width=100, height=50, size_bytes=4, uri=address)
    made = PictureToAnnotate(f"{number:064}", features or (LABELS,), width=100, height=50, small=file, view=file)
    return replace(made, **changes)  # type: ignore[arg-type]


def describe(item: vision_v1.AnnotateImageRequest) -> vision_v1.AnnotateImageResponse:
    """A label that names the picture."""
    label = vision_v1.EntityAnnotation(description=item.image.source.image_uri)
    return vision_v1.AnnotateImageResponse(label_annotations=[label])


def names(bucket: storage.Bucket) -> list[str]:
    return sorted(blob.name.split("/", 2)[2] for blob in bucket.client.list_blobs(bucket))


def said(answers: list[Answer]) -> list[str]:
    return [answer.documents[LABELS]["labelAnnotations"][0]["description"] for answer in answers]


def failures(answers: list[Answer]) -> list[Failure | None]:
    return [answer.errors[LABELS].failure if answer.errors else None for answer in answers]


def test_a_batch_is_collected_by_another_process_in_its_own_order(make: Make, backend: VisionBackend):
    backend.answer = describe
    backend.looks_until_done = 3
    first, second = make(), make()
    assert first.keeps_tickets and first.max_batch_size == 2000
    ticket = first.submit([picture(number) for number in range(45)], OPTIONS)
    assert len(ticket.key) <= 300, "what a row has room for"

    answers = second.collect(ticket)

    assert [answer.sha256 for answer in answers] == [f"{number:064}" for number in range(45)]
    assert said(answers) == [f"gs://library/{number:04}.jpg" for number in range(45)]
    assert len(backend.calls) == 1 and set(backend.billed.values()) == {1}
    assert second.collect(ticket) == answers, "a worker killed before it stored them finds them again"


def test_all_features_come_as_they_do_synchronously_with_coordinates_of_the_upright_picture(make: Make):
    asked = picture(0, *Feature, width=400, height=100)
    annotator, plain = make(), make(output_uri="")
    [answer] = annotator.collect(annotator.submit([asked], OPTIONS))
    [expected] = plain.collect(plain.submit([asked], OPTIONS))

    assert answer == expected and set(answer.documents) == set(Feature)
    eye = answer.documents[FACES]["faceAnnotations"][0]["landmarks"][0]["position"]
    assert (eye["x"], eye["y"]) == (80, 60)


def test_a_picture_without_an_address_is_copied_for_the_while(
    make: Make, backend: VisionBackend, bucket: storage.Bucket
):
    backend.answer = describe
    annotator = make()
    ticket = annotator.submit([picture(0), picture(1, uri=False), picture(2)], OPTIONS)
    assert (
        bucket.blob(
            next(b.name for b in bucket.client.list_blobs(bucket) if "/pictures/" in b.name)
        ).download_as_bytes()
        == b"0001"
    )

    words = said(annotator.collect(ticket))
    assert words[1].startswith(OUTPUT) and words[1].endswith("/pictures/1")
    assert names(bucket) == ["answers/output-1-to-3.json", "asked.json"]


def test_a_file_that_cannot_be_read_is_refused_and_shifts_nobody(make: Make, backend: VisionBackend):
    def read() -> bytes:
        raise FileNotFoundError("view/ab.jpg")

    backend.answer = describe
    gone = picture(0, view=PictureFile(read, 100, 50, 10))
    annotator = make()
    answers = annotator.collect(annotator.submit([gone, picture(1), picture(2)], OPTIONS))

    assert failures(answers) == [Failure.REFUSED, None, None]
    assert said(answers[1:]) == ["gs://library/0001.jpg", "gs://library/0002.jpg"]
    assert failures(annotator.collect(annotator.submit([gone], OPTIONS))) == [Failure.REFUSED]


def test_answers_without_an_address_are_told_by_their_place(make: Make, backend: VisionBackend, bucket: storage.Bucket):
    backend.answer = describe
    annotator = make()
    ticket = annotator.submit([picture(number) for number in range(25)], OPTIONS)
    for blob in bucket.client.list_blobs(bucket):
        if "output-" in blob.name:
            text = blob.download_as_text().replace('"uri"', '"unheard"')
            blob.upload_from_string(text)

    assert said(annotator.collect(ticket)) == [f"gs://library/{number:04}.jpg" for number in range(25)]


@pytest.mark.parametrize("spoil", ["missing", "broken"])
def test_what_the_output_lacks_is_lost(make: Make, bucket: storage.Bucket, spoil: str):
    annotator = make()
    ticket = annotator.submit([picture(number) for number in range(25)], OPTIONS)
    [second] = [blob for blob in bucket.client.list_blobs(bucket) if "output-21-" in blob.name]
    if spoil == "missing":
        second.delete()
    else:
        second.upload_from_string(second.download_as_bytes()[:-20])

    answers = annotator.collect(ticket)
    assert failures(answers) == [None] * 20 + [Failure.LOST] * 5
    assert "ended without an answer" in answers[-1].errors[LABELS].message


def test_a_bad_picture_spoils_no_other(make: Make, backend: VisionBackend):
    backend.faults.append(vision_server.BAD_IMAGE)
    annotator = make()

    answers = annotator.collect(annotator.submit([picture(number) for number in range(16)], OPTIONS))
    assert failures(answers) == [None] * 15 + [Failure.REFUSED]


def test_a_bucket_that_cloud_vision_may_not_read_is_said_to_a_person(make: Make, backend: VisionBackend):
    error = status_pb2.Status(code=code_pb2.PERMISSION_DENIED, message="Error opening file.")
    backend.answer = lambda item: vision_v1.AnnotateImageResponse(error=error)
    annotator = make()

    answers = annotator.collect(annotator.submit([picture(0), picture(1)], OPTIONS))
    assert failures(answers) == [Failure.DENIED] * 2


@pytest.mark.parametrize(
    ("fault", "failure", "n_billed"),
    [
        (vision_server.QUOTA, Failure.NOT_EXECUTED, 0),
        (vision_server.DENIED, Failure.DENIED, 0),
        (vision_server.BAD_CALL, Failure.DENIED, 0),  # no picture is to blame for the batch
        (vision_server.CUT, Failure.LOST, 2),
        (vision_server.UNAVAILABLE_AFTER, Failure.LOST, 2),
    ],
)
def test_a_batch_that_could_not_be_started_says_whether_it_may_be_sent_again(
    make: Make, backend: VisionBackend, bucket: storage.Bucket, fault: str, failure: Failure, n_billed: int
):
    annotator = make()
    if (annotator.settings.transport, fault) in {
        ("rest", vision_server.UNAVAILABLE_AFTER),
        ("grpc", vision_server.CUT),
    }:
        pytest.skip("Each transport has one way of losing an answer.")
    backend.faults.append(fault)
    with pytest.raises(SubmitError) as caught:
        annotator.submit([picture(0, uri=False), picture(1)], OPTIONS)

    assert caught.value.failure == failure
    assert sum(backend.billed.values()) == n_billed
    assert ("pictures/0" in names(bucket)) == (failure == Failure.LOST), "no copy stays where nobody needs it"


@pytest.mark.parametrize("output", ["gs://no-such-bucket/vision", "answers/vision"])
def test_a_folder_that_cannot_be_written_is_said_before_anything_is_sent(
    make: Make, backend: VisionBackend, output: str
):
    with pytest.raises(SubmitError, match="GALAXY_VISION_OUTPUT") as caught:
        make(output_uri=output).submit([picture(0)], OPTIONS)
    assert caught.value.failure == Failure.DENIED
    assert backend.calls == []


def test_looks_that_fail_are_followed_by_others(make: Make, backend: VisionBackend):
    backend.looks_until_done = 2
    annotator = make()
    ticket = annotator.submit([picture(0)], OPTIONS)
    backend.faults.extend([vision_server.UNAVAILABLE] * 5)

    assert failures(annotator.collect(ticket)) == [None]


@pytest.mark.parametrize("forgotten", [True, False])
def test_what_is_in_the_bucket_is_taken_whatever_became_of_the_operation(
    make: Make, backend: VisionBackend, bucket: storage.Bucket, forgotten: bool
):
    annotator = make()
    ticket = annotator.submit([picture(number) for number in range(21)], OPTIONS)
    [last] = [blob for blob in bucket.client.list_blobs(bucket) if "output-21-" in blob.name]
    last.delete()
    if forgotten:
        backend.faults.append(vision_server.GONE)
    else:
        backend.fail_operations = "The disk was full."

    answers = annotator.collect(ticket)
    assert failures(answers) == [None] * 20 + [Failure.LOST]
    reason = "does not know the operation" if forgotten else "The disk was full."
    assert reason in answers[-1].errors[LABELS].message


def test_an_operation_that_never_ends_is_given_up(make: Make, backend: VisionBackend, bucket: storage.Bucket):
    annotator = make()
    ticket = annotator.submit([picture(0)], OPTIONS)
    for blob in bucket.client.list_blobs(bucket, prefix="vision/"):
        if "output-" in blob.name:
            blob.delete()
    backend.looks_until_done = 10**6

    [answer] = annotator.collect(ticket)
    assert answer.errors[LABELS].failure == Failure.LOST and "did not end" in answer.errors[LABELS].message


def test_tickets_without_their_folder_are_unknown(make: Make):
    for key in ("projects/library/operations/1 gs://answers/vision/gone/", "1"):
        with pytest.raises(UnknownTicketError, match="Submit the batch again"):
            make().collect(Ticket("google", key))


def test_two_thousand_pictures_are_one_batch_and_one_more_is_too_many(make: Make, backend: VisionBackend):
    annotator = make()
    answers = annotator.collect(annotator.submit([picture(number) for number in range(2000)], OPTIONS))
    assert failures(answers) == [None] * 2000 and len(backend.calls) == 1

    with pytest.raises(ValueError, match="at most 2000 pictures, but got 2001"):
        annotator.submit([picture(0)] * 2001, OPTIONS)
