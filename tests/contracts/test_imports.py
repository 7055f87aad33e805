"""Importing the package costs NumPy, scipy.special and Narwhals, and has no effects."""

import json
import os
import subprocess
import sys

import pytest

NEEDED = ["numpy", "scipy.special", "narwhals"]
HEAVY = [
    "pandas", "scipy.stats", "scipy.optimize", "scipy.fft", "scipy.linalg", "scipy.sparse", "statsmodels",
    "matplotlib", "duckdb", "arviz", "jinja2", "typer", "click", "rich", "pooch", "requests", "pyarrow", "polars",
    "xarray", "IPython", "pytest", "hypothesis", "tkinter", "asyncio", "multiprocessing",
]  # fmt: skip


def after(code, **more):
    """What Python says after running a piece of code in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **more},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def loaded():
    (line,) = after("import npsstats")
    return set(json.loads(line))


@pytest.fixture(scope="module")
def loaded_by_needed():
    (line,) = after(f"import {', '.join(NEEDED)}")
    return set(json.loads(line))


@pytest.mark.parametrize("name", NEEDED)
def test_import_loads_what_it_needs(name, loaded):
    assert name in loaded


@pytest.mark.parametrize("name", HEAVY)
def test_import_does_not_load_heavy_libraries(name, loaded, loaded_by_needed):
    # Newer versions of scipy.special load scipy.linalg by themselves.
    assert name not in loaded - loaded_by_needed


def test_import_prints_nothing_and_warns_of_nothing():
    assert len(after("import npsstats", PYTHONDEVMODE="1")) == 1


def test_import_changes_no_state():
    code = """
import locale, logging, os, random, signal, sys, threading, warnings
import numpy, scipy.special, narwhals
def state():
    return (
        dict(os.environ), os.getcwd(), list(warnings.filters), numpy.geterr(), numpy.get_printoptions(),
        numpy.random.get_state()[1].tolist(), random.getstate(), sys.excepthook, sys.displayhook, sys.path[:],
        logging.root.level, logging.root.handlers[:], signal.getsignal(signal.SIGINT), threading.active_count(),
        locale.setlocale(locale.LC_ALL), scipy.special.geterr(), sys.getrecursionlimit(), sys.get_int_max_str_digits(),
    )
before = state()
import npsstats
assert state() == before
"""
    assert len(after(code)) == 1


def test_counts_results_and_text_need_no_heavy_library():
    code = """
import npsstats as nps
counts = nps.tabulate([10, 9, 8, 3, None]) + nps.RatingCounts.from_histogram([1] * 11)
result = nps.compare(counts, reference=10)
print(len(str(result)) + len(result.sentences()) + len(result.cite()) + len(result.to_records()) > 0)
nps.datasets.load("sfo")
nps.estimate(nps.RatingCounts.from_categories(promoters=5, passives=3, detractors=2)).to_dict()
"""
    true, line = after(code)
    assert true == "True"
    assert not {module.split(".")[0] for module in json.loads(line)} & {
        "pandas",
        "matplotlib",
        "duckdb",
        "jinja2",
        "arviz",
    }


def test_the_command_line_starts_without_what_only_reports_need():
    (line,) = after("import npsstats.cli")
    names = {module.split(".")[0] for module in json.loads(line)}
    assert "typer" in names
    assert not names & {
        "matplotlib",
        "duckdb",
        "jinja2",
        "arviz",
        "statsmodels",
        "pandas",
        "pooch",
        "polars",
        "pyarrow",
    }


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_frame_of_one_library_does_not_load_another(library):
    make = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "table"}[library]
    code = f"""
import {library}, sys
frame = {library}.{make}({{"r": [9, 8], "g": ["a", "b"]}})
before = {{name.split(".")[0] for name in sys.modules}}
import npsstats
npsstats.tabulate(frame, rating="r", by="g")
print(sorted(({{name.split(".")[0] for name in sys.modules}} - before) & {{"pandas", "polars", "pyarrow", "duckdb"}}))
"""
    assert after(code)[0] == "[]"
