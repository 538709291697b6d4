"""What all tests of pages need."""

import pytest


@pytest.fixture(autouse=True)
def quick_runs(packages_scanned_once: None) -> None:
    """No page of ours comes out of an installed package."""
