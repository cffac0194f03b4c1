"""What pictures look like is seen once, kept in blocks that no kill orphans, and mapped from a local copy."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from catalog.annotators.visual import VISUAL_VERSION
from catalog.layout import built_in_words
from catalog.models import Collection, Embedding, EmbeddingBlock, EmbeddingRow, Image, PendingDeletion
from catalog.services import embedding_blocks, embeddings
from catalog.services.embeddings import visual_vectors, word_vectors
from catalog.services.errors import ServiceError
from catalog.services.media import read_file, write_file
from catalog.services.progress import CancelledError
from tests.catalog.services.looking import ColourModel
from tests.factories import CollectionFactory, ImageFactory, RenditionFactory, RevisionFactory, jpeg_bytes

pytestmark = pytest.mark.django_db

RED, GREEN, BLUE = 0xFF0000, 0x00FF00, 0x0000FF


@pytest.fixture(autouse=True)
def cache(settings, tmp_path) -> Path:
    settings.GALAXY_CACHE = tmp_path / "cache"
    return tmp_path / "cache"


@pytest.fixture
def model(monkeypatch) -> ColourModel:
    model = ColourModel()
    monkeypatch.setattr(embeddings, "visual_model", lambda: model)
    return model


@pytest.fixture
def small_blocks(monkeypatch) -> None:
    """Blocks of 8 rows, saved 5 pictures at a time, so that a few pictures cross every border."""
    monkeypatch.setattr(EmbeddingBlock, "SIZE", 8)
    monkeypatch.setattr(embeddings, "SAVED_TOGETHER", 5)
    monkeypatch.setattr(embeddings, "CHUNK", 7)


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create()


def pictures(collection: Collection, *colours: int) -> list[int]:
    return [ImageFactory.create(collection=collection, revision__mean_colour=colour).pk for colour in colours]


def colours_of(vectors) -> list[str]:
    return ["-" if not row.any() else "RGB"[row[:3].argmax()] for row in vectors]


def stored_files() -> set[str]:
    root = Path(storages["media"].path(""))
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and "vectors" in path.parts}


def named_files() -> set[str]:
    return set(EmbeddingBlock.objects.values_list("storage_name", flat=True))


def test_vectors_come_in_the_order_asked_for_and_are_seen_once(collection, model):
    ids = pictures(collection, RED, GREEN, BLUE)

    first = visual_vectors(collection, ids)
    again = visual_vectors(collection, ids[::-1])

    assert first.shape == (3, 256) and first.dtype == np.float32
    assert colours_of(first) == ["R", "G", "B"]
    np.testing.assert_array_equal(again, first[::-1])
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, rtol=1e-3)
    assert model.n_seen == 3
    embedding = Embedding.objects.get()
    assert (embedding.space, embedding.version, embedding.n_features) == ("visual", VISUAL_VERSION, 256)
    assert stored_files() == named_files() and not PendingDeletion.objects.exists()


def test_only_new_pictures_are_looked_at(collection, model):
    before = pictures(collection, RED, GREEN)
    visual_vectors(collection, before)
    vectors = visual_vectors(collection, [*before, *pictures(collection, BLUE)])
    assert colours_of(vectors) == ["R", "G", "B"] and model.n_seen == 3
    assert EmbeddingBlock.objects.get().n_rows == 3, "the block that was not full was filled"
    assert stored_files() == named_files(), "and its old file is gone"


def test_a_picture_whose_bytes_changed_is_looked_at_again(collection, model):
    ids = pictures(collection, RED, GREEN)
    visual_vectors(collection, ids)
    image = Image.objects.get(pk=ids[0])
    image.current_revision = RevisionFactory.create(image=image, number=2, mean_colour=BLUE)
    image.save()
    RenditionFactory.create(revision=image.current_revision)

    assert colours_of(visual_vectors(collection, ids)) == ["B", "G"]
    assert model.n_seen == 3
    assert colours_of(visual_vectors(collection, ids)) == ["B", "G"]
    assert model.n_seen == 3
    assert EmbeddingRow.objects.count() == 2


def test_a_picture_that_cannot_be_read_is_logged_and_tried_again(collection, model, caplog):
    ids = pictures(collection, RED, GREEN, BLUE, RED)
    broken, lost, bare = (Image.objects.get(pk=pk).current_revision.renditions for pk in ids[:3])
    storages["media"].save(broken.get(kind="small").storage_name, ContentFile(b"this is no picture"))
    storages["media"].delete(lost.get(kind="small").storage_name)
    bare.all().delete()

    assert colours_of(visual_vectors(collection, ids)) == ["-", "-", "-", "R"]
    assert "3 of 4 pictures" in caplog.text

    storages["media"].save(broken.get(kind="small").storage_name, ContentFile(jpeg_bytes(64, 64, GREEN)))
    assert colours_of(visual_vectors(collection, ids)) == ["G", "-", "-", "R"]


def test_other_images_and_images_without_bytes_are_zero(collection, model):
    foreign = pictures(CollectionFactory.create(), RED)
    bare = ImageFactory.create(collection=collection)
    Image.objects.filter(pk=bare.pk).update(current_revision=None)
    assert colours_of(visual_vectors(collection, [*foreign, bare.pk, 10**9])) == ["-"] * 3
    assert visual_vectors(collection, []).shape == (0, 256)


def test_many_pictures_fill_block_after_block(collection, model, small_blocks):
    colours = [RED, GREEN, BLUE, GREEN, RED] * 5
    ids = pictures(collection, *colours)
    told: list[tuple[int, int]] = []

    vectors = visual_vectors(collection, ids[:20], progress=lambda stage, done, total: told.append((done, total)))
    vectors = visual_vectors(collection, ids)

    assert colours_of(vectors) == ["R", "G", "B", "G", "R"] * 5
    assert list(EmbeddingBlock.objects.values_list("number", "n_rows")) == [(0, 8), (1, 8), (2, 8), (3, 1)]
    assert told == sorted(told) and told[-1] == (20, 20)
    shuffled = np.random.default_rng(0).permutation(25)
    np.testing.assert_array_equal(visual_vectors(collection, [ids[i] for i in shuffled]), vectors[shuffled])
    assert model.n_seen == 25
    assert stored_files() == named_files()


def test_after_a_kill_what_was_saved_is_not_looked_at_again(collection, model, small_blocks):
    ids = pictures(collection, *[RED, GREEN] * 8)
    model.dies_after = 11
    with pytest.raises(KeyboardInterrupt):
        visual_vectors(collection, ids)
    n_saved = EmbeddingRow.objects.count()
    assert n_saved == 7, "chunks of 7 in batches of 5: 5 and 2; the next 5 died"

    model.n_seen, model.dies_after = 0, 10**9
    assert colours_of(visual_vectors(collection, ids)) == ["R", "G"] * 8
    assert model.n_seen == 16 - n_saved


def test_it_can_be_stopped_between_two_batches(collection, model, small_blocks):
    ids = pictures(collection, *[RED] * 10)

    def stop_at_5(stage: str, done: int, total: int) -> None:
        if done >= 5:
            raise CancelledError

    with pytest.raises(CancelledError):
        visual_vectors(collection, ids, progress=stop_at_5)
    assert EmbeddingRow.objects.count() == 5


def test_a_kill_between_writing_and_saving_orphans_no_file(collection, model, monkeypatch):
    visual_vectors(collection, pictures(collection, RED))

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(embedding_blocks, "forget_staged_files", killed)
        with pytest.raises(KeyboardInterrupt):
            visual_vectors(collection, pictures(collection, GREEN))
    (left,) = stored_files() - named_files()
    assert PendingDeletion.objects.get().storage_name == left
    assert EmbeddingBlock.objects.get().n_rows == 1, "the old block is still whole"


def test_two_processes_may_add_at_once(collection, model, monkeypatch):
    mine, others = pictures(collection, RED, GREEN), pictures(collection, BLUE, BLUE, BLUE)
    visual_vectors(collection, pictures(collection, GREEN))
    once: list[str] = []

    def write_while_another_is_faster(alias, name, data):
        write_file(alias, name, data)
        if not once:
            once.append(name)
            visual_vectors(collection, others)
            # Nobody's rows are no free rows: the third picture still lies behind them.
            Image.objects.filter(pk__in=others[:2]).delete()

    monkeypatch.setattr(embedding_blocks, "write_file", write_while_another_is_faster)
    assert colours_of(visual_vectors(collection, mine)) == ["R", "G"]
    assert colours_of(visual_vectors(collection, [*others, *mine])) == ["-", "-", "B", "R", "G"]
    assert EmbeddingBlock.objects.get().n_rows == 6
    pending = PendingDeletion.objects.filter(storage_name__contains="/vectors/")
    assert pending.get().storage_name == once[0], "what the slower one wrote first goes"


def test_an_image_that_went_meanwhile_is_left_out(collection, model, monkeypatch):
    ids = pictures(collection, RED, GREEN)

    def write_while_it_is_deleted(alias, name, data):
        write_file(alias, name, data)
        Image.objects.filter(pk=ids[0]).delete()

    monkeypatch.setattr(embedding_blocks, "write_file", write_while_it_is_deleted)
    visual_vectors(collection, ids)
    assert list(EmbeddingRow.objects.values_list("image_id", "row")) == [(ids[1], 1)]
    assert colours_of(visual_vectors(collection, ids)) == ["-", "G"]


def test_blocks_come_over_the_network_once(collection, model, cache, monkeypatch):
    ids = pictures(collection, RED, GREEN)
    vectors = visual_vectors(collection, ids)
    fetched: list[str] = []

    def fetch(alias: str, name: str) -> bytes:
        fetched.append(name)
        return read_file(alias, name)

    monkeypatch.setattr(embedding_blocks, "read_file", fetch)

    visual_vectors(collection, ids)
    assert fetched == [], "what was written here is here"
    shutil.rmtree(cache)
    for _ in range(3):
        np.testing.assert_array_equal(visual_vectors(collection, ids), vectors)
    assert len(fetched) == 1


def test_a_damaged_local_copy_is_fetched_again_and_a_damaged_block_named(collection, model, cache):
    ids = pictures(collection, RED, GREEN)
    vectors = visual_vectors(collection, ids)
    (copy,) = (path for path in cache.rglob("*.records"))
    copy.write_bytes(b"cut short")
    np.testing.assert_array_equal(visual_vectors(collection, ids), vectors)

    storages["media"].save(EmbeddingBlock.objects.get().storage_name, ContentFile(b"cut short"))
    copy.unlink()
    with pytest.raises(ServiceError, match=r"Expected 2 vectors in .*, got 9 bytes.*made again"):
        visual_vectors(collection, ids)


def test_a_new_version_takes_the_place_of_the_old_one(
    collection, model, monkeypatch, django_capture_on_commit_callbacks
):
    ids = pictures(collection, RED)
    monkeypatch.setattr(embeddings, "VISUAL_VERSION", "older/1")
    visual_vectors(collection, ids)
    monkeypatch.undo()
    monkeypatch.setattr(embeddings, "visual_model", lambda: model)
    with django_capture_on_commit_callbacks(execute=True):
        visual_vectors(collection, ids)
    assert Embedding.objects.get().version == VISUAL_VERSION
    assert model.n_seen == 2 and stored_files() == named_files()


def test_with_a_collection_go_its_blocks_and_their_copies(collection, model, cache, django_capture_on_commit_callbacks):
    other = CollectionFactory.create()
    kept = pictures(other, GREEN)
    visual_vectors(collection, pictures(collection, RED))
    visual_vectors(other, kept)
    assert len(stored_files()) == 2
    (copy,) = cache.glob(f"vectors/{other.uuid}/**/*.records")
    copy.with_name("replaced-by-another-machine.records").write_bytes(b"")

    with django_capture_on_commit_callbacks(execute=True):
        collection.delete()
    assert stored_files() == named_files() and len(stored_files()) == 1
    visual_vectors(other, kept)
    assert list(cache.rglob("*.records")) == [copy]


def test_words_are_the_built_in_ones_unless_a_file_is_set(settings, tmp_path):
    assert word_vectors() is built_in_words()

    path = tmp_path / "glove.txt"
    path.write_text("cat 1 0\nsnow 0 1\n")
    settings.GALAXY_WORD_VECTORS = str(path)
    words = word_vectors()
    assert words.name.startswith("glove/") and words.n_features == 2
    assert words.vector("snow").tolist() == [0, 1]

    path.write_text("cat 1 0\nsnow 0\n")
    with pytest.raises(ServiceError, match=r"GALAXY_WORD_VECTORS: .*glove\.txt, line 2: expected a word and 2 numbers"):
        word_vectors()
    settings.GALAXY_WORD_VECTORS = str(tmp_path / "none.txt")
    with pytest.raises(ServiceError, match=r"GALAXY_WORD_VECTORS: .*none\.txt"):
        word_vectors()
