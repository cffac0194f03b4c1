"""Every test of searching runs on both databases: they must say the same."""

import pytest


@pytest.fixture(params=["sqlite", "postgresql"], autouse=True)
def database(request: pytest.FixtureRequest) -> str:
    """The database of a test."""
    request.getfixturevalue("postgres" if request.param == "postgresql" else "db")
    return str(request.param)
