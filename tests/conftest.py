"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def shared_folder() -> Path | None:
    """The folder of real data and published cases, beside the repository or where NPSSTATS_SHARED says."""
    folder = Path(os.environ.get("NPSSTATS_SHARED", HERE.parent.parent / "shared"))
    return folder if (folder / "data").is_dir() else None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data files; they are not part of the repository."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("the folder of real data is not here; NPSSTATS_SHARED can name it")
    return folder / "data"
