"""Fixtures that all tests share."""

import json
import os
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

# The scripts that made stored oracles need tools that tests do without.
collect_ignore_glob = ["oracles/make/*"]


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


@pytest.fixture(scope="session")
def shared_golden() -> Path:
    """The published cases; they are not part of the repository."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("the folder of published cases is not here; NPSSTATS_SHARED can name it")
    return folder / "golden"


# A test with an argument of this name runs once for each case of the file.
GOLDEN_FILES = {"published_case": "published_cases.json", "rocks_case": "rocks_r_cases.json"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for argument, file in GOLDEN_FILES.items():
        if argument not in metafunc.fixturenames:
            continue
        folder = shared_folder()
        if folder is None:
            absent = pytest.mark.skip(reason="the folder of published cases is not here; NPSSTATS_SHARED can name it")
            metafunc.parametrize(argument, [pytest.param(None, marks=absent, id="absent")])
            continue
        cases = json.loads((folder / "golden" / file).read_text())
        names = [case.get("id", f"{case['method']}-{place}") for place, case in enumerate(cases)]
        metafunc.parametrize(argument, cases, ids=names)
