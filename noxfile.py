"""The tasks of the project: `nox -l` lists them, `nox -s NAME` runs one."""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "floors", "tests"]
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13"]
HERE = Path(__file__).resolve().parent


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install("ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def floors(session: nox.Session) -> None:
    """Check that no lower floor imports an upper one."""
    session.install("-e", ".[dev]")
    session.run("lint-imports")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run all tests and doctests on the source tree."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS)
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it elsewhere, and test it there, away from the source tree."""
    session.install("build")
    built = Path(session.create_tmp()) / "dist"
    session.run("python", "-m", "build", "--outdir", str(built), str(HERE))
    away = Path(session.create_tmp()) / "away"
    shutil.rmtree(away, ignore_errors=True)
    shutil.copytree(HERE / "tests", away / "tests")
    for name in ("conftest.py", "pyproject.toml", "README.md"):
        shutil.copy(HERE / name, away)
    (newest,) = built.glob("*.whl")
    session.install(f"{newest}[test]")
    session.chdir(away)
    session.run("npsstats", "report", "sfo", silent=True)
    shared = {"NPSSTATS_SHARED": str(HERE.parent / "shared")}
    session.run("pytest", "tests", "README.md", *session.posargs, env=shared)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """Test with the lowest versions that pyproject.toml allows."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["test"]
    session.install(*(requirement.replace(">=", "==") for requirement in wanted))
    session.install("--no-deps", "-e", ".")
    # The warnings of old versions about each other are not ours.
    session.run("pytest", "-W", "default", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    session.install("-e", ".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "build/docs")


@nox.session
def notebooks(session: nox.Session) -> None:
    """Run the notebooks from the first cell to the last."""
    session.install("-e", ".", "nbclient", "nbformat", "ipykernel")
    for notebook in sorted((HERE / "notebooks").glob("*.ipynb")):
        session.run("jupyter", "execute", "--inplace", str(notebook))


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure speed and store the results beside the scripts."""
    session.install("-e", ".")
    for script in sorted((HERE / "benchmarks" / "speed").glob("*.py")):
        if script.name != "measuring.py":
            session.run("python", str(script))


@nox.session
def coverage(session: nox.Session) -> None:
    """Compute coverage and size of all methods, for the documentation and tests; some hours, or one script alone."""
    session.install("-e", ".")
    one_score = ("tables", "default", "needs", "summary")
    two_scores = ("differences", "differences_size", "differences_variance_factors", "differences_needs", "designs")
    others = ("homogeneity", "simultaneous", "trend", "changes", "planning", "surveys", "nonresponse", "critique")
    for script in session.posargs or (*one_score, *two_scores, *others):
        session.run("python", str(HERE / "benchmarks" / "coverage" / f"{script}.py"))
