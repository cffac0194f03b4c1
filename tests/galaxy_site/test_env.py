"""The readers of environment variables: right values are taken, wrong ones are noted and never raise."""

import stat

import pytest

from galaxy_site.env import Environment


def problems(environment):
    return [(problem.name, problem.message) for problem in environment.problems]


@pytest.mark.parametrize(
    ("value", "meant"), [("1", True), ("Yes", True), (" on ", True), ("0", False), ("no", False), ("", False)]
)
def test_yes_and_no(value, meant):
    environment = Environment({"FLAG": value})
    assert environment.boolean("FLAG", default=not meant) is meant
    assert environment.problems == []


def test_a_word_that_is_neither_yes_nor_no_is_noted_and_the_default_taken():
    environment = Environment({"FLAG": "perhaps"})
    assert environment.boolean("FLAG", default=True) is True
    assert problems(environment) == [("FLAG", "expected a yes or no, got 'perhaps'")]


def test_what_is_not_set_is_the_default():
    environment = Environment({})
    assert environment.boolean("A", default=True) is True
    assert environment.integer("B", 7, minimum=1, maximum=9) == 7
    assert environment.words("C", ["x"]) == ["x"]
    assert environment.text("D", "word") == "word"
    assert environment.problems == []


@pytest.mark.parametrize("value", ["0", "10", "three", "2.5", ""])
def test_a_number_out_of_range_or_no_number_is_noted(value):
    environment = Environment({"N": value})
    assert environment.integer("N", 7, minimum=1, maximum=9) == 7
    assert problems(environment) == [("N", f"expected a whole number from 1 to 9, got {value!r}")]


def test_numbers_within_their_range():
    environment = Environment({"N": "9", "X": "0.25"})
    assert environment.integer("N", 7, minimum=1, maximum=9) == 9
    assert environment.decimal("X", 1.0, minimum=0, maximum=1) == 0.25


def test_words_are_split_and_empty_ones_dropped():
    assert Environment({"HOSTS": " a.example, ,b.example,"}).words("HOSTS", []) == ["a.example", "b.example"]


def test_a_folder_may_be_new_but_not_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    environment = Environment({"NEW": str(tmp_path / "new"), "FILE": str(tmp_path / "file")})
    assert environment.folder("NEW", tmp_path) == tmp_path / "new"
    assert environment.folder("FILE", tmp_path) == tmp_path
    assert problems(environment) == [("FILE", f"expected a folder, got the file {tmp_path / 'file'}")]


@pytest.mark.parametrize("value", ["", "gs://answers", "gs://answers/", "gs://my-answers.org/vision/2026"])
def test_a_folder_of_a_bucket(value):
    environment = Environment({"OUTPUT": value})
    assert environment.bucket_folder("OUTPUT", max_characters=50) == value
    assert environment.problems == []


@pytest.mark.parametrize("value", ["answers/vision", "s3://answers/vision", "gs://a b/c", "gs://answers/" + "v" * 50])
def test_what_is_no_folder_of_a_bucket_or_too_long_is_noted(value):
    environment = Environment({"OUTPUT": value})
    assert environment.bucket_folder("OUTPUT", max_characters=50) == ""
    [(name, message)] = problems(environment)
    assert name == "OUTPUT" and message.startswith("expected gs://bucket/prefix of at most 50 characters, got ")


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    kept_in = tmp_path / "data" / "secret"
    first = Environment({}).secret("SECRET", kept_in=kept_in)
    assert len(first) >= 50
    assert Environment({}).secret("SECRET", kept_in=kept_in) == first
    assert stat.S_IMODE(kept_in.stat().st_mode) == 0o600
    assert Environment({"SECRET": "given"}).secret("SECRET", kept_in=kept_in) == "given"


def test_a_secret_that_cannot_be_kept_is_noted_and_not_the_same_twice(tmp_path):
    (tmp_path / "file").write_text("")
    environment = Environment({})
    kept_in = tmp_path / "file" / "secret"
    assert environment.secret("SECRET", kept_in=kept_in) != environment.secret("SECRET", kept_in=kept_in)
    assert [problem.hint for problem in environment.problems] == ["Set SECRET."] * 2


def test_origins_are_scheme_and_host_and_a_wrong_one_lets_nobody_in():
    environment = Environment(
        {"A": "https://museum.example, http://localhost:8080", "B": "*", "C": "", "D": "https://museum.example/page"}
    )
    assert environment.origins("A", ["*"]) == ["https://museum.example", "http://localhost:8080"]
    assert environment.origins("B", []) == ["*"]
    assert environment.origins("C", ["*"]) == []
    assert environment.origins("missing", ["*"]) == ["*"]
    assert environment.problems == []
    assert environment.origins("D", ["*"]) == []
    assert "without a path" in environment.problems[0].hint


@pytest.mark.parametrize("value", ["", "redis://127.0.0.1:6379/0", "rediss://:secret@cache.example:6380/1"])
def test_the_address_of_a_redis(value):
    environment = Environment({"REDIS_URL": value})
    assert environment.redis("REDIS_URL") == value
    assert environment.problems == []


def test_what_is_no_address_of_a_redis_is_noted_without_telling_it():
    environment = Environment({"REDIS_URL": "http://:secret@cache.example"})
    assert environment.redis("REDIS_URL") == ""
    [(name, message)] = problems(environment)
    assert name == "REDIS_URL" and "secret" not in message
