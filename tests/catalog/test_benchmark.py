import json
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from catalog.layout.benchmark import benchmark_layout, fit_exponent, synthetic_vectors


def run(capsys, *arguments):
    call_command("benchmark", "layout", *arguments)
    return capsys.readouterr().out


@pytest.mark.slow
def test_the_layout_is_timed_and_scored_beside_opentsne(tmp_path, capsys):
    np.save(tmp_path / "vectors.npy", synthetic_vectors(1000))
    file = ("--vectors", str(tmp_path / "vectors.npy"))
    result = json.loads(run(capsys, *file, "--against", "opentsne", "--against", "fine", "--json"))
    (layout,) = result["layouts"]
    ours, fine, opentsne = layout["scores"]
    assert [ours["name"], fine["name"], opentsne["name"]] == ["galaxy", "galaxy, theta 0.2", "openTSNE"]
    assert (layout["n_samples"], layout["n_features"]) == (1000, 256)
    assert layout["reference"] == "P of exact neighbours"
    assert layout["neighbours_found"] == 1
    assert layout["peak_memory_bytes"] > 50e6
    assert ours["seconds"] == pytest.approx(sum(ours["stage_seconds"].values()))
    assert ours["kl_divergence"] < 1.05 * opentsne["kl_divergence"]
    assert ours["knn_recall_at_10"] > 0.95 * opentsne["knn_recall_at_10"]


def test_several_sizes_give_an_exponent_and_a_table_that_people_can_read(capsys):
    told = run(capsys, "--n", "1000", "1500")
    assert "1,000 x 256, perplexity 50, 2 threads; peak memory" in told
    assert (
        "KL against P of exact neighbours; recall of 1,500 rows; our search found 100.0% of the true neighbours."
        in told
    )
    assert "galaxy: time grows as n^" in told


def test_the_exponent_is_that_of_the_power_law():
    assert fit_exponent([100, 1000, 10_000], [2.0, 2.0 * 10**1.2, 2.0 * 10**2.4]) == pytest.approx(1.2)


def test_synthetic_vectors_are_the_same_every_time_and_fall_into_topics():
    vectors = synthetic_vectors(3000)
    np.testing.assert_array_equal(synthetic_vectors(3000), vectors)
    assert vectors.shape == (3000, 256)
    assert not np.array_equal(synthetic_vectors(3000, random_state=1), vectors)
    similar = np.sort(vectors @ vectors[0])[-10:-1].mean()
    assert similar > 2 * abs(vectors @ vectors[0]).mean()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vectors", "nowhere.npy"], "Expected a .npy file of numbers at nowhere.npy"),
        (["--vectors", "nowhere.npy", "--n", "2000"], "--vectors or --n, got both"),
        (["--n", "10"], "expected a number of at least 1000, got '10'"),
    ],
)
def test_what_cannot_be_timed_is_refused_with_a_reason(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("benchmark", "layout", *arguments)


def test_too_few_vectors_are_refused():
    with pytest.raises(ValueError, match="at least 1,000 vectors to time, got 5"):
        benchmark_layout(np.ones((5, 3), np.float32), on_progress=lambda *_: None)


def test_growth_is_told_in_figures_and_in_words(capsys):
    figures = json.loads(run(capsys, "--n", "2500", "--additions", "2", "--json"))
    assert len(figures["moved_median"]) == 2
    assert max(figures["moved_median"]) < 0.02
    assert figures["kl_divergence"] < 1.02 * figures["kl_divergence_fresh"]
    assert figures["recall_placed"] > 0.8 * figures["recall_built"]
    told = run(capsys, "--n", "2500", "--additions", "1")
    assert "2,475 images, then 1 additions of 1 %: 2,500" in told
    assert "1,000 placed among 1,500 that stay" in told


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(12):
        Image.effect_noise((400 + number, 300), 60).save(folder / f"{number}.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


def test_labels_are_measured_against_the_bare_network(photos, capsys):
    call_command("benchmark", "annotate", str(photos), "--repeats", "2", "--threads", "1", "--json")
    speed = json.loads(capsys.readouterr().out)

    assert (speed["n_images"], speed["n_threads"], len(speed["ratios"])) == (12, 1, 2)
    assert speed["labels_per_second"] > 0
    assert 0 < min(speed["ratios"]) <= speed["ratio"] <= max(speed["ratios"])


def test_importing_is_measured_against_plain_pillow_in_a_library_that_is_thrown_away(photos, capsys, tmp_path):
    before = set(Path(tempfile.gettempdir()).glob("galaxy-throwaway-*"))
    call_command("benchmark", "ingest", str(photos), "--repeats", "1")

    assert re.match(r"12 images, \d threads: imported [\d.]+ a second, plain Pillow ", capsys.readouterr().out)
    assert set(Path(tempfile.gettempdir()).glob("galaxy-throwaway-*")) <= before


@pytest.mark.parametrize("part", ["annotate", "ingest"])
def test_a_folder_that_is_not_there_and_no_repeat_at_all_are_explained(part, photos):
    with pytest.raises(CommandError, match="nowhere"):
        call_command("benchmark", part, "nowhere")
    with pytest.raises(CommandError, match="at least 1 repeat, got 0"):
        call_command("benchmark", part, str(photos), "--repeats", "0")
