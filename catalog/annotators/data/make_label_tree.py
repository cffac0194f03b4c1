"""Make label_tree.json: which everyday words stand above each of ImageNet's 1,000 classes.

    python -m catalog.annotators.data.make_label_tree [--wordnet /usr/share/wordnet/data.noun] [--check]

Reads WordNet 3.0 (Debian package wordnet-base; its byte offsets are ImageNet's ids) and the two lists written by hand
that lie beside this file:

class_words.csv     one line a class, in ImageNet's order (which is the order of ids): what a visitor would call it. An
                    empty word keeps the class silent: it speaks only through the words above it.
everyday_words.csv  the nodes above the classes that speak, of the 860 there are. `also` adds and `without` takes away,
                    split by ";": an id with all classes beneath it, or the word of one class.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
TREE_PATH: Final = HERE / "label_tree.json"


class LabelTreeError(Exception):
    """A hand-written list contradicts itself or WordNet."""


def read_parents(path: Path) -> dict[str, list[str]]:
    """Read the parents (hypernyms) of every noun of WordNet, as ids such as "n02123045"."""
    parents: dict[str, list[str]] = {}
    for line in path.read_text(encoding="ascii").splitlines():
        if line.startswith("  "):
            continue  # the licence at the top
        fields = line.split(" | ")[0].split()
        n_words = int(fields[3], 16)
        n_pointers = int(fields[4 + 2 * n_words])
        first = 5 + 2 * n_words
        pointers = [fields[first + 4 * i : first + 4 * i + 4] for i in range(n_pointers)]
        parents["n" + fields[0]] = [
            "n" + target for kind, target, part, _ in pointers if kind[0] == "@" and part == "n"
        ]
    return parents


def find_classes_beneath(class_ids: list[str], parents: Mapping[str, list[str]]) -> dict[str, set[int]]:
    """Find, for every node, the indices of the classes at or beneath it; a class under two parents counts in both."""
    beneath: dict[str, set[int]] = {}
    for index, class_id in enumerate(class_ids):
        waiting = [class_id]
        seen = set()
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                beneath.setdefault(node, set()).add(index)
                waiting += parents[node]
    return beneath


def make_tree(parents: Mapping[str, list[str]]) -> list[tuple[str, str, list[int]]]:
    """Make the list of (id, word, class indices), the broadest first."""
    class_rows = _read_rows("class_words.csv")
    class_ids = [row["wordnet_id"] for row in class_rows]
    if class_ids != sorted(set(class_ids)) or len(class_ids) != 1000:
        raise LabelTreeError(
            f"Expected 1000 different ids in rising order in class_words.csv, but got {len(class_ids)}."
        )
    beneath = find_classes_beneath(class_ids, parents)
    classes_of_word = {row["word"]: {index} for index, row in enumerate(class_rows) if row["word"]}
    words = {row["wordnet_id"]: (row["word"], {i}) for i, row in enumerate(class_rows) if row["word"]}

    def resolve(entries: str) -> set[int]:
        found: set[int] = set()
        for entry in filter(None, (part.strip() for part in entries.split(";"))):
            members = classes_of_word.get(entry) or beneath.get(entry)
            if not members:
                raise LabelTreeError(
                    f"Expected a class's word or an id above a class in everyday_words.csv, got {entry!r}."
                )
            found |= members
        return found

    for row in _read_rows("everyday_words.csv"):
        node = row["wordnet_id"]
        if node not in parents:
            raise LabelTreeError(f"Expected an id of WordNet 3.0 in everyday_words.csv, but got {node!r}.")
        classes = (beneath.get(node, set()) | resolve(row["also"])) - resolve(row["without"])
        if not classes:
            raise LabelTreeError(
                f"Expected classes beneath {node} ({row['word']}), but there are none. Name some in `also`."
            )
        words[node] = (row["word"], classes)
    _refuse_doubles(words)
    tree = [(node, word, sorted(classes)) for node, (word, classes) in words.items()]
    return sorted(tree, key=lambda concept: (-len(concept[2]), concept[0]))


def _refuse_doubles(words: Mapping[str, tuple[str, set[int]]]) -> None:
    nodes: dict[str, str] = {}
    for node, (word, _) in words.items():
        other = nodes.setdefault(word.casefold(), node)
        if other != node:
            raise LabelTreeError(f"Expected a word of its own for {node}, but {word!r} is {other}'s. Tell them apart.")


def _read_rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_tree(tree: list[tuple[str, str, list[int]]]) -> str:
    """Write the tree as JSON, one concept a line so that a change is a readable diff."""
    lines = [json.dumps([node, word, classes], ensure_ascii=False) for node, word, classes in tree]
    head = '{"source": "WordNet 3.0, ImageNet-1k class order", "concepts": [\n'
    return head + ",\n".join(lines) + "\n]}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--wordnet", type=Path, default=Path("/usr/share/wordnet/data.noun"), help="WordNet 3.0's nouns"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file would change")
    options = parser.parse_args()
    try:
        text = write_tree(make_tree(read_parents(options.wordnet)))
    except (LabelTreeError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if options.check:
        return 0 if TREE_PATH.read_text(encoding="utf-8") == text else 1
    TREE_PATH.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
