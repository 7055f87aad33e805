"""Posteriors as ArviZ objects, in ArviZ 0.2x and 1.x."""

import warnings

import numpy as np
import pytest

import npsstats as nps
from npsstats.inference.bayes import posterior

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # ArviZ 0.23 announces its successor on import
    import arviz as az
import matplotlib as mpl

mpl.use("Agg")

MODERN = int(az.__version__.split(".")[0]) >= 1
GROUPS = ["A", "B", "C"]


def counts(labels=GROUPS):
    return nps.RatingCounts.from_categories(
        promoters=[30, 20, 8], passives=[40, 30, 9], detractors=[12, 25, 6], groups=list(labels), by="store"
    )


def names_of(data):
    """The names of the groups of the object."""
    return {name.strip("/") for name in (data.groups if MODERN else data.groups()) if name.strip("/")}


@pytest.fixture(scope="module")
def data():
    return posterior(counts()).to_arviz(n_draws=300, n_chains=3, rng=1)


def test_object_is_of_the_kind_of_the_installed_arviz(data):
    assert type(data).__name__ == ("DataTree" if MODERN else "InferenceData")


def test_object_holds_all_groups(data):
    assert names_of(data) == {
        "posterior",
        "prior",
        "constant_data",
        "observed_data",
        "posterior_predictive",
        "log_likelihood",
    }


def test_dimensions_and_coordinates_have_names(data):
    after = data["posterior"]
    assert after["share"].dims == ("chain", "draw", "group", "category")
    assert after["score"].dims == ("chain", "draw", "group")
    assert after["share"].shape == (3, 300, 3, 3)
    assert after["group"].values.tolist() == GROUPS
    assert after["category"].values.tolist() == ["detractor", "passive", "promoter"]
    assert data["prior"]["share"].dims == after["share"].dims
    assert data["observed_data"]["count"].dims == ("group", "category")
    assert data["posterior_predictive"]["count"].dims == after["share"].dims
    assert data["log_likelihood"]["answer"].dims == ("chain", "draw", "respondent")


def test_score_is_promoters_minus_detractors(data):
    share = data["posterior"]["share"]
    by_hand = 100 * (share.sel(category="promoter") - share.sel(category="detractor"))
    # Sums of three rounded terms.
    np.testing.assert_allclose(data["posterior"]["score"].values, by_hand.values, rtol=0, atol=1e-12)


def test_draws_have_the_closed_form_moments(data):
    after = posterior(counts())
    draws = data["posterior"]["score"].values.reshape(-1, 3)
    # 900 draws: a mean is within 5 standard errors, sd / 30; a sd within 5 of about sd / sqrt(1800).
    assert (np.abs(draws.mean(0) - after.mean) < 5 * after.sd / 30).all()
    assert (np.abs(draws.std(0) / after.sd - 1) < 5 / np.sqrt(1800)).all()


def test_prior_is_that_of_jeffreys(data):
    draws = data["prior"]["share"].values.reshape(-1, 3)
    # Dirichlet(1/2, 1/2, 1/2): mean 1/3, variance (1/3)(2/3)/2.5; 2700 draws, 5 standard errors.
    assert (np.abs(draws.mean(0) - 1 / 3) < 5 * np.sqrt(2 / 9 / 2.5 / 2700)).all()
    assert (np.abs(draws.var(0) / (2 / 9 / 2.5) - 1) < 0.15).all()


def test_observed_data_are_the_counts(data):
    assert data["observed_data"]["count"].values.tolist() == [[12, 40, 30], [25, 30, 20], [6, 9, 8]]
    table = np.zeros((3, 3), int)
    np.add.at(table, (data["constant_data"]["respondent_group"].values, data["constant_data"]["answer"].values), 1)
    assert (table == data["observed_data"]["count"].values).all()


def test_posterior_predictive_samples_have_the_sizes_of_the_data(data):
    sizes = data["posterior_predictive"]["count"].values.sum(-1)
    assert (sizes == [82, 75, 23]).all()


def test_log_likelihood_of_a_respondent_is_the_log_share_of_the_answer(data):
    share = data["posterior"]["share"].values
    group = data["constant_data"]["respondent_group"].values
    answer = data["constant_data"]["answer"].values
    # exp and log, some ulp
    np.testing.assert_allclose(np.exp(data["log_likelihood"]["answer"].values), share[:, :, group, answer], rtol=1e-13)


def test_summary_runs_and_agrees(data):
    table = az.summary(data, var_names=["score"])
    after = posterior(counts())
    # Some versions write rounded text.
    means = np.array([float(x) for x in table["mean"]])
    assert (np.abs(means - after.mean) < 5 * after.sd / 30 + 0.5).all()


def test_forest_plot_runs(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what ArviZ and Matplotlib tell each other
        shown = az.plot_forest(data, var_names=["score"])
    assert shown is not None
    if not MODERN:
        names = [tick.get_text() for tick in shown[0].get_yticklabels()]
        # One row for each group, named by it.
        assert len(names) == data["posterior"].sizes["group"]
        assert all(str(group) in " ".join(names) for group in data["posterior"]["group"].values)
        import matplotlib.pyplot as plt

        plt.close("all")


def test_leave_one_out_runs_and_gives_the_exact_answer():
    """Many groups, every category of every group with several respondents: no warning of Pareto k.

    Exactly, log p(answer | all others) = log((a_k - 1) / (A - 1)), with a the posterior parameters.
    """
    rng = np.random.default_rng(3)
    table = rng.multinomial(40, [0.3, 0.3, 0.4], size=12)
    many = nps.RatingCounts.from_histogram(table, metric=nps.NPS_CATEGORIES, groups=range(12))
    data = posterior(many).to_arviz(n_draws=500, n_chains=4, rng=4)
    found = az.loo(data)
    a = table + 0.5
    exact = (table * np.log((a - 1) / (a.sum(1, keepdims=True) - 1))).sum()
    estimate = float(found.elpd_loo if hasattr(found, "elpd_loo") else found.elpd)
    # 2,000 draws: the Monte Carlo error of the sum is about 0.1 here.
    assert estimate == pytest.approx(exact, abs=0.6)
    assert estimate == pytest.approx(exact, rel=2e-3)


def test_file_gives_everything_back(data, tmp_path):
    path = tmp_path / "posterior.nc"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations between xarray and its backends
        data.to_netcdf(str(path))
        back = az.from_netcdf(str(path))
    assert names_of(back) == names_of(data)
    for name in names_of(data):
        here, there = data[name], back[name]
        here, there = (part.to_dataset() if hasattr(part, "to_dataset") else part for part in (here, there))
        assert set(here.variables) == set(there.variables)
        for variable in here.variables:
            assert here[variable].dims == there[variable].dims
            assert (here[variable].values == there[variable].values).all()
            assert here[variable].dtype.kind == there[variable].dtype.kind or here[variable].dtype.kind in "OUT"
            assert here[variable].attrs == there[variable].attrs
        assert {k: str(v) for k, v in here.attrs.items()} == {k: str(v) for k, v in there.attrs.items()}


def test_provenance_travels_with_the_draws(data):
    about = data["posterior"].attrs
    assert about["metric"] == "NPS"
    assert about["prior"] == "Jeffreys' prior"
    assert about["npsstats_version"] == nps.__version__
    assert data["posterior"]["score"].attrs["units"] == "points"


def test_improper_prior_is_left_out():
    data = posterior(counts(), prior="haldane").to_arviz(n_draws=5, n_chains=2, rng=0)
    assert "prior" not in names_of(data)


def test_a_large_survey_leaves_the_log_likelihood_out_unless_asked():
    large = nps.RatingCounts.from_categories(promoters=10**9, passives=10**9, detractors=10**9)
    data = posterior(large).to_arviz(n_draws=10, n_chains=2, rng=0)
    assert names_of(data) == {"posterior", "prior", "observed_data", "posterior_predictive"}
    assert data["observed_data"]["count"].values.sum() == 3 * 10**9
    assert "log_likelihood" in names_of(posterior(counts()).to_arviz(n_draws=5, log_likelihood=True))
    assert "log_likelihood" not in names_of(posterior(counts()).to_arviz(n_draws=5, log_likelihood=False))


def test_groups_are_named_by_their_labels():
    two = counts().with_group("year", 2024)
    assert posterior(two).to_arviz(n_draws=5)["posterior"]["group"].values.tolist() == [
        "A, 2024",
        "B, 2024",
        "C, 2024",
    ]
    assert posterior(counts().pool()).to_arviz(n_draws=5)["posterior"]["group"].values.tolist() == ["all"]
    alike = posterior(counts([1, "1", None])).to_arviz(n_draws=5)["posterior"]["group"].values.tolist()
    assert alike == ["1", "'1'", "None"]


def test_the_same_seed_gives_the_same_draws():
    first, second = (posterior(counts()).to_arviz(n_draws=4, rng=9)["posterior"]["share"].values for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("name", ["n_draws", "n_chains"])
def test_numbers_of_draws_must_be_positive(name):
    with pytest.raises(ValueError, match=f"`{name}` must be 1 or more; got 0"):
        posterior(counts()).to_arviz(**{name: 0})


def test_notes_are_text():
    survey = nps.datasets.load("sfo")["recommend"].pool()
    data = posterior(survey).to_arviz(n_draws=5, rng=1)
    assert data["posterior"].attrs["notes"] == " ".join(survey.notes)
    assert "weighted" in data["posterior"].attrs["notes"]
    assert posterior(counts()).to_arviz(n_draws=5)["posterior"].attrs["notes"] == ""


def test_posterior_predictive_plot_of_the_counts_runs(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what ArviZ and Matplotlib tell each other
        shown = (az.plot_ppc_dist if MODERN else az.plot_ppc)(data)
    assert shown is not None
    if not MODERN:
        import matplotlib.pyplot as plt

        plt.close("all")


def test_haldane_with_one_category_has_draws_at_its_value_only():
    alone = nps.RatingCounts.from_categories(promoters=9, passives=0, detractors=0)
    data = posterior(alone, prior="haldane").to_arviz(n_draws=5, n_chains=2, rng=1)
    assert (data["posterior"]["score"].values == 100).all()
    assert (data["posterior_predictive"]["count"].values == [0, 0, 9]).all()
    assert (data["log_likelihood"]["answer"].values == 0).all()
