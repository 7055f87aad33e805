"""What users can rely on: names, signatures and documentation; and what no module may do."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

import npsstats as nps
from npsstats.results.differences import Differences
from npsstats.results.estimates import Estimates

ROOT = Path(nps.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
MODULES = [importlib.import_module(info.name) for info in pkgutil.walk_packages(nps.__path__, "npsstats.")]
PUBLIC_MODULES = [nps, nps.datasets, nps.plots]
FUNCTIONS = sorted(
    {f"{module.__name__}.{name}": getattr(module, name) for module in PUBLIC_MODULES for name in module.__all__}.items()
)
CALLABLES = [(name, thing) for name, thing in FUNCTIONS if callable(thing)]
PLAIN_FUNCTIONS = [(name, thing) for name, thing in CALLABLES if inspect.isfunction(thing)]
CLASSES = [(name, thing) for name, thing in CALLABLES if inspect.isclass(thing)]
METHODS = [
    (f"{name}.{key}", getattr(thing, key))
    for name, thing in CLASSES
    for key, value in inspect.getmembers(thing)
    if not key.startswith("_")
    and (inspect.isfunction(value) or inspect.ismethod(value))
    and "npsstats" in value.__module__
]
KNOWN_ERRORS = {
    "TypeError", "ValueError", "KeyError", "OSError", "FileNotFoundError", "ConnectionError", "RuntimeError",
    "ConvergenceError", "InvalidRatingError", "UndefinedScoreError",
}  # fmt: skip
SECTIONS = [
    "Parameters",
    "Attributes",
    "Returns",
    "Yields",
    "Raises",
    "Warns",
    "See Also",
    "Notes",
    "References",
    "Examples",
]


def by_name(cases):
    return pytest.mark.parametrize(("name", "thing"), cases, ids=[name for name, _ in cases])


def sections(thing):
    """The sections of a numpydoc docstring: {title: body}; the summary has the title ''."""
    parts, title = {"": []}, ""
    lines = inspect.getdoc(thing).split("\n")
    for i, line in enumerate(lines):
        if i + 1 < len(lines) and re.fullmatch("-{3,}", lines[i + 1]) and line.strip():
            title = line.strip()
            assert title not in parts, title
            parts[title] = []
        elif not re.fullmatch("-{3,}", line):
            parts[title].append(line)
    return {name: "\n".join(body).strip() for name, body in parts.items()}


def documented(body):
    """The names that a section of parameters describes."""
    heads = [line.split(" : ")[0] for line in body.split("\n") if line and not line.startswith(" ")]
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


def parameters(thing):
    return [
        parameter
        for parameter in inspect.signature(thing).parameters.values()
        if parameter.name not in ("self", "_") and not parameter.name.startswith("_")
    ]


# ----------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("module", PUBLIC_MODULES + MODULES, ids=lambda module: module.__name__)
def test_every_name_that_is_announced_exists(module):
    names = getattr(module, "__all__", [])
    assert len(set(names)) == len(names)
    assert all(hasattr(module, name) for name in names)


def test_every_public_name_is_announced_and_in_order():
    visible = {name for name in vars(nps) if not name.startswith("_")}
    # The folders of the package are attributes too, once imported.
    folders = {info.name for info in pkgutil.iter_modules(nps.__path__)}
    assert visible - folders == set(nps.__all__) - {"__version__"} - folders
    # Constants, classes, functions, as ruff sorts them.
    assert nps.__all__ == sorted(nps.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


def test_the_interface_of_the_design_is_there():
    assert {
        "tabulate", "estimate", "compare", "report", "plots", "datasets", "RatingCounts", "Metric", "Scale",
        "Estimates", "Differences", "Report", "NPS", "ENPS", "CSAT", "CES", "NKI", "net_score", "top_box",
        "mean_rating", "mean_score", "InvalidRatingError", "UndefinedScoreError", "ConvergenceError",
        "SmallSampleWarning",
    } <= set(nps.__all__)  # fmt: skip
    assert {"forest", "distribution", "density", "trend", "changes", "flows", "power_curve"} <= set(nps.plots.__all__)
    assert {"load", "fetch"} <= set(nps.datasets.__all__)


def test_no_public_name_would_be_collected_by_pytest():
    names = {name for module in PUBLIC_MODULES + MODULES for name in vars(module) if not name.startswith("_")}
    assert not [name for name in names if re.match("test", name, flags=re.IGNORECASE)]


def test_no_function_has_the_name_of_a_module():
    modules = {module.__name__.rsplit(".", 1)[1] for module in MODULES} | {"npsstats"}
    functions = {
        f"{module.__name__}.{name}"
        for module in MODULES
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_")
    }
    # Pictures are called by what they show, as in `plots.changes`; among them no module may have such a name.
    pictures = {name for name in functions if name.startswith(nps.plots.__name__)}
    assert not [name for name in functions - pictures if name.rsplit(".", 1)[1] in modules]
    inside = {info.name for info in pkgutil.iter_modules(nps.plots.__path__)}
    assert not [name for name in pictures if name.rsplit(".", 1)[1] in inside]


def test_errors_are_built_in_errors_too():
    assert issubclass(nps.InvalidRatingError, ValueError)
    assert issubclass(nps.UndefinedScoreError, ValueError)
    assert issubclass(nps.ConvergenceError, RuntimeError)
    assert issubclass(nps.SmallSampleWarning, UserWarning)


def test_the_version_is_that_of_the_distribution():
    assert re.fullmatch(r"\d+\.\d+\.\d+([.a-z]+\d+)?", nps.__version__)
    assert metadata("npsstats")["Version"] == nps.__version__
    assert Estimates.__dataclass_fields__["version"].default == nps.__version__


def test_the_package_is_typed():
    assert (ROOT / "py.typed").is_file()


# ------------------------------------------------------------------------------------------------- signatures


@by_name([case for case in PLAIN_FUNCTIONS if case[0].startswith(("npsstats.", "npsstats.plots."))])
def test_everything_after_the_data_is_keyword_only(name, thing):
    kinds = [parameter.kind for parameter in parameters(thing)]
    # The two waves of pairs are data as well, and the ratings of a survey or of several metrics.
    data = {"npsstats.tabulate_pairs": 3, "npsstats.tabulate_survey": 2, "npsstats.tabulate_joint": 2}.get(name, 1)
    assert set(kinds[:data]) == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    assert set(kinds[data:]) <= {inspect.Parameter.KEYWORD_ONLY}


@by_name([(name, thing) for name, thing in METHODS if name.rsplit(".", 1)[1].startswith("from_")])
def test_makers_of_counts_name_their_arguments(name, thing):
    data = {"from_histogram": 1, "from_table": 1, "from_pairs": 1, "from_frame": 1}.get(name.rsplit(".", 1)[1], 0)
    assert sum(parameter.kind is not inspect.Parameter.KEYWORD_ONLY for parameter in parameters(thing)) == data


@by_name(PLAIN_FUNCTIONS)
def test_functions_are_annotated(name, thing):
    signature = inspect.signature(thing)
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())


@by_name(PLAIN_FUNCTIONS + METHODS)
def test_defaults_cannot_be_changed(name, thing):
    for parameter in inspect.signature(thing).parameters.values():
        assert not isinstance(parameter.default, (list, dict, set))


def test_words_mean_the_same_everywhere():
    defaults = {"confidence_level": 0.95, "method": "score", "metric": None, "alternative": "two-sided", "ax": None}
    for name, thing in PLAIN_FUNCTIONS:
        for parameter in parameters(thing):
            if parameter.name in defaults and name not in ("npsstats.tabulate", "npsstats.tabulate_survey"):
                assert parameter.default == defaults[parameter.name], (name, parameter.name)


@by_name([(cls.__name__, cls) for cls in (Estimates, Differences, nps.Report, nps.RatingCounts, nps.Metric, nps.Scale)])
def test_objects_are_frozen_and_slotted(name, thing):
    assert dataclasses.is_dataclass(thing)
    assert thing.__dataclass_params__.frozen
    assert "__slots__" in vars(thing)
    if thing in (Estimates, Differences, nps.Report):
        assert all(field.kw_only for field in dataclasses.fields(thing))


# ---------------------------------------------------------------------------------------------- documentation


@by_name(CALLABLES + METHODS)
def test_everything_public_has_a_docstring(name, thing):
    text = sections(thing)
    summary = text[""].split("\n\n")[0]
    assert summary
    assert summary.rstrip().endswith((".", "?", ":"))
    assert [title for title in text if title] == [title for title in SECTIONS if title in text]


@by_name(PLAIN_FUNCTIONS + METHODS)
def test_parameters_are_described_as_they_are(name, thing):
    # The order may bring together what belongs together.
    described = documented(sections(thing).get("Parameters", ""))
    assert sorted(described) == sorted(parameter.name for parameter in parameters(thing))


@by_name(CLASSES)
def test_fields_are_described_as_they_are(name, thing):
    if not dataclasses.is_dataclass(thing):
        return
    text = sections(thing)
    described = documented(text.get("Parameters", "") or text.get("Attributes", ""))
    assert sorted(described) == sorted(
        field.name for field in dataclasses.fields(thing) if not field.name.startswith("_")
    )


@by_name(PLAIN_FUNCTIONS + METHODS)
def test_returned_values_are_described(name, thing):
    annotation = inspect.signature(thing).return_annotation
    assert ("Returns" in sections(thing)) == (annotation not in (None, "None"))


@by_name(PLAIN_FUNCTIONS)
def test_functions_have_examples_that_run(name, thing):
    if name == "npsstats.datasets.fetch":  # it downloads
        return
    assert ">>> " in sections(thing).get("Examples", "")


@by_name([(name, thing) for name, thing in CLASSES if not issubclass(thing, Exception)])
def test_classes_have_examples_or_say_what_makes_them(name, thing):
    assert ">>> " in sections(thing).get("Examples", "") or re.search("[Mm]ade by `[a-z_]+`", sections(thing)[""])


@by_name(PLAIN_FUNCTIONS)
def test_functions_say_what_they_raise(name, thing):
    text = sections(thing)
    if re.search(r"\braise\b|\b_?check", inspect.getsource(thing)):
        assert "Raises" in text
    errors = re.findall(r"^([A-Z][\w, ]+)$", text.get("Raises", ""), flags=re.MULTILINE)
    assert {error for line in errors for error in line.split(", ")} <= KNOWN_ERRORS


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_module_has_a_docstring(module):
    assert (module.__doc__ or "").strip()


# --------------------------------------------------------------------------------------------- what none may do


def trees():
    return [(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in FILES]


def found(kind, test=lambda node: True):
    return [
        f"{path}:{node.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, kind) and test(node)
    ]


def called(node):
    return ast.unparse(node.func)


def test_the_library_has_no_assert():
    assert found(ast.Assert) == []


def test_the_library_does_not_print():
    assert (
        found(ast.Call, lambda node: called(node) in ("print", "pprint", "sys.stdout.write", "sys.stderr.write")) == []
    )


def test_the_library_catches_nothing_in_general():
    def broad(node):
        kinds = [node.type, *getattr(node.type, "elts", [])]
        return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in kinds)

    assert found(ast.ExceptHandler, broad) == []


def test_no_error_is_swallowed():
    assert found(ast.ExceptHandler, lambda node: all(isinstance(line, ast.Pass) for line in node.body)) == []
    assert found(ast.Call, lambda node: called(node).endswith("suppress")) == []


def test_no_star_imports_and_no_globals():
    assert found(ast.ImportFrom, lambda node: any(name.name == "*" for name in node.names)) == []
    assert found((ast.Global, ast.Nonlocal)) == []


def test_no_hidden_state():
    # No environment switch, no global seed, no settings of Matplotlib or NumPy.
    forbidden = {
        "os.environ.get", "os.getenv", "np.random.seed", "random.seed", "np.seterr", "np.set_printoptions",
        "warnings.simplefilter",
    }  # fmt: skip
    # The command line turns warnings into notes; ArviZ announces its successor on import; answers made of several
    # others tell each warning once. All put things back.
    allowed = {"cli/showing.py", "results/arviz.py", "inference/response_rates.py"}
    calls = found(ast.Call, lambda node: called(node) in forbidden or "rcParams" in called(node))
    assert not [place for place in calls if place.split(":")[0] not in allowed]
    environment = found(ast.Attribute, lambda node: ast.unparse(node) == "os.environ")
    assert environment == []


def test_messages_are_those_of_built_in_errors_or_of_the_package():
    raised = {
        ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc is not None
    }
    # What begins otherwise is made by a function of the package.
    assert {name for name in raised if not name.startswith(("_", "self."))} <= KNOWN_ERRORS | {"typer.Exit"}


def test_modules_are_of_a_readable_size():
    # A guide of the design: no module over about 400 lines, no function over about 40, docstrings not counted.
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert max(lines.values()) <= 450

    def body(node):
        inner = node.body[1:] if ast.get_docstring(node) is not None else node.body
        return node.end_lineno - inner[0].lineno + 1 if inner else 0

    assert found((ast.FunctionDef, ast.AsyncFunctionDef), lambda node: body(node) > 55) == []


def test_init_holds_names_and_nothing_else():
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    assert {type(node) for node in tree.body} <= {ast.Expr, ast.ImportFrom, ast.Import, ast.Assign}
    for path in FILES:
        if path.name == "__init__.py":
            kinds = {type(node) for node in ast.parse(path.read_text(encoding="utf-8")).body}
            assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.For, ast.If, ast.Try}, path


def test_dependencies_that_are_imported_are_declared():
    pyproject = ROOT.parent / "pyproject.toml"
    if not pyproject.is_file():
        pytest.skip("no source tree")
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    declared = {re.split("[<>=! ~]", line)[0] for line in project["dependencies"]}
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else name.name).split(".")[0]
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    import sys

    assert imported - set(sys.stdlib_module_names) - {"npsstats"} <= declared
