"""Details: what the panel shows of each picture, in parts of neighbours. Only listed fields leave the house."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from explorer.artifact.binary import compress, decompress
from explorer.artifact.format import FORMAT_VERSION, ArtifactError, check_name, check_version, decode_json, encode_json

Details = Mapping[str, Any]

# Which keys a value may hold: a mapping of them, of a list's items too. None: no mapping may lie there. `document` has its own list.
Shape = Mapping[str, "Shape | None"]
SCORED: Shape = dict.fromkeys(["name", "score", "box"])

# The allow-list. A key that is not here stops the publication: better no galaxy than one that tells a secret.
IMAGE_SHAPE: Shape = {
    **dict.fromkeys(["uuid", "title", "description", "width", "height", "cluster"]),
    **dict.fromkeys(["creator", "credit", "licence", "source_url"]),
    "labels": dict.fromkeys(["term", "score", "source"]),
    "objects": SCORED,
    "faces": {
        **dict.fromkeys(["score", "box", "landmarks", "roll", "pan", "tilt"]),
        "likelihoods": dict.fromkeys(["joy", "sorrow", "anger", "surprise", "under_exposed", "blurred", "headwear"]),
    },
    "text": {"text": None, "lines": dict.fromkeys(["text", "box"])},
    "landmarks": {**SCORED, "places": dict.fromkeys(["latitude", "longitude"])},
    "logos": SCORED,
    "colours": dict.fromkeys(["colour", "score", "pixel_fraction"]),
    "safe_search": dict.fromkeys(["adult", "spoof", "medical", "violence", "racy"]),
    "web": {"best_guess_labels": None, "entities": dict.fromkeys(["name", "score"])},
    **dict.fromkeys(["failed", "not_looked_for"]),
    # The labels that pulled the image to its place, and how much of the pull is how it looks: shares, 0 to 1.
    "why": dict.fromkeys(["term", "share"]),
    "why_visual": None,
}
# The fields of Cloud Vision's AnnotateImageResponse.
DOCUMENT_KEYS = frozenset(
    [
        "labelAnnotations",
        "localizedObjectAnnotations",
        "faceAnnotations",
        "landmarkAnnotations",
        "logoAnnotations",
        "textAnnotations",
        "fullTextAnnotation",
        "safeSearchAnnotation",
        "imagePropertiesAnnotation",
        "cropHintsAnnotation",
        "webDetection",
        "error",
    ]
)


def prepare_details(images: Sequence[Details], uuids: Sequence[UUID], clusters: Sequence[int]) -> list[Details]:
    """Return the details of images as they are published.

    Parameters
    ----------
    images: one mapping per image, shaped like `IMAGE_SHAPE` and perhaps with a raw `document`; `uuid` is required, and `cluster`
        is set here.
    uuids: which images were asked for; a mapping about another one raises.
    clusters: index of each one's cluster.

    Raises
    ------
    ArtifactError: a number of mappings that differs, a mapping of the wrong image, or a key that is not allowed.
    """
    if len(images) != len(uuids):
        raise ArtifactError(f"Expected details of {len(uuids)} images, got {len(images)}.")
    entries: list[Details] = []
    for image, uuid, cluster in zip(images, uuids, clusters, strict=True):
        if str(image.get("uuid")) != str(uuid):
            raise ArtifactError(
                f"Expected the details of image {uuid}, got those of {image.get('uuid')}: keep the order asked for."
            )
        check_allowed(image)
        entry = {**image, "uuid": str(uuid), "cluster": int(cluster)}
        # A link comes from whoever made the library's files; "javascript:" in it would run in every visitor's browser.
        if "source_url" in entry and not str(entry["source_url"]).startswith(("https://", "http://")):
            entry["source_url"] = ""
        entries.append(entry)
    return entries


def encode_details(entries: Sequence[Details | None]) -> bytes:
    """Return a part of details, a row a tile, None for tombstones. Raises ArtifactError for a value that is not JSON."""
    return compress(encode_json({"version": FORMAT_VERSION, "images": entries}))


def check_allowed(image: Mapping[str, Any]) -> None:
    """Raise ArtifactError if the details hold a field that is not on the allow-list."""
    facts = {key: value for key, value in image.items() if key != "document"}
    _check(facts, IMAGE_SHAPE, "the details", image)
    _check_keys(image.get("document") or (), DOCUMENT_KEYS, "the raw document", image)


def _check(value: Any, shape: Shape | None, where: str, image: Mapping[str, Any]) -> None:
    if isinstance(value, list | tuple):
        for item in value:
            _check(item, shape, where, image)
    elif isinstance(value, Mapping):
        _check_keys(value, frozenset(shape or ()), where, image)
        for key, item in value.items():
            _check(item, (shape or {})[key], key, image)


def _check_keys(keys: Iterable[str], allowed: frozenset[str], where: str, image: Mapping[str, Any]) -> None:
    unknown = sorted(set(keys) - allowed)
    if unknown:
        raise ArtifactError(
            f"Expected only public fields in {where} of image {image.get('uuid')}, got also {', '.join(unknown)}: leave them "
            "out, or add them to the allow-list in explorer/artifact/details.py if everybody may see them."
        )


def decode_details(data: bytes, name: str) -> list[dict[str, Any] | None]:
    """Read a part of details; raises ArtifactError where it is not one."""
    document = decode_json(decompress(data), check_name(name))
    check_version(document, f"details in {name} of")
    if not isinstance(document.get("images"), list):
        raise ArtifactError(f"Expected a list of images in {name}, got something else.")
    return list(document["images"])
