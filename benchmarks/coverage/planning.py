"""The power that a planned n really has, under the default test of `compare`: planning.csv.

For each reference and difference: n per wave by the normal approximation, for 80 % power and a two-sided 5 % test, and
the probability that the score test rejects on the side of the difference with that n. Up to 60 per wave by
enumeration, above by 20,000 seeded pairs of samples (standard error 0.3 points). The group is the reference tilted
exponentially, as `power` does. The plan assumes the shares of the reference for both (1), or those of both (2). Beside
it the size of the test, both sides together, where both waves have the shares of the reference.
"""

import csv
from pathlib import Path

import numpy as np

import npsstats as nps
from npsstats.inference.enumeration import score_statistic
from npsstats.kernels.planning import tilted_to_means

POPULATIONS = ([0.2, 0.4, 0.4], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4], [0.4, 0.2, 0.4], [0.05, 0.2, 0.75], [0.02, 0.38, 0.6])
DIFFERENCES = (-40, -20, -10, -5, 5, 10, 20, 40)
COLUMNS = [
    "detractors", "passives", "promoters", "difference", "assumed", "n", "planned_power", "power", "size", "way",
    "npsstats",
]  # fmt: skip
VALUES = np.array([0.0, 0.5, 1.0])
Z = 1.959963984540054
DRAWS = 20_000
LARGEST = 60


def statistics(group: np.ndarray, reference: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    counts = np.stack([rng.multinomial(n, shares, size=DRAWS) for shares in (group, reference)], axis=1)
    kinds, times = np.unique(counts.reshape(DRAWS, 6), axis=0, return_inverse=True)
    return score_statistic(VALUES)(kinds.reshape(-1, 2, 3).astype(float), 0.0)[times.ravel()]


def reached(shares: list[float], group: np.ndarray, plan: nps.Plan, rng: np.random.Generator) -> tuple[float, str]:
    """The power that the test has with the n of a plan."""
    n, difference = int(plan.n[0]), plan.difference[0]
    if n <= LARGEST:
        exact = nps.power(group, shares_reference=shares, n=n, difference=difference, exact=True)
        return exact.power[0], "exact"
    return (np.sign(difference) * statistics(group, np.array(shares), n, rng) >= Z).mean(), "simulated"


def null_size(shares: list[float], n: int, rng: np.random.Generator) -> float:
    """How often the test rejects on either side where both waves have the same shares."""
    if n <= LARGEST:
        # Both sides alike, as the two waves are of one size.
        return 2 * nps.power(shares, n=n, difference=1e-12, exact=True).power[0]
    return (np.abs(statistics(np.array(shares), np.array(shares), n, rng)) >= Z).mean()


def main() -> None:
    """Make the table."""
    rng = np.random.default_rng(20_260_101)
    with (Path(__file__).parent / "planning.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for shares in POPULATIONS:
            score = 100 * (shares[2] - shares[0])
            for difference in (d for d in DIFFERENCES if -98 < score + d < 98):
                (group,) = tilted_to_means(np.array(shares), VALUES, np.array([(score + difference + 100) / 200]))
                for assumed in (1, 2):
                    populations = {"shares": shares} if assumed == 1 else {"shares": group, "shares_reference": shares}
                    plan = nps.sample_size(**populations, difference=difference)
                    power, way = reached(shares, group, plan, rng)
                    row = dict(zip(COLUMNS[:3], shares, strict=True))
                    row |= {"difference": difference, "assumed": assumed, "n": int(plan.n[0])}
                    row |= {"planned_power": f"{plan.power[0]:.4f}", "power": f"{power:.4f}"}
                    row |= {"size": f"{null_size(shares, int(plan.n[0]), rng):.4f}", "way": way}
                    writer.writerow({**row, "npsstats": nps.__version__})
            print(shares, flush=True)


if __name__ == "__main__":
    main()
