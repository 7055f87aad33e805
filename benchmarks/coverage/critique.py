"""Coverage of the intervals behind `npsstats.critique` at a nominal 95 %, by seeded simulation.

- critique.csv: a row for each question, population, number of respondents and quantity. `coverage` is in per cent of
  the samples with an interval, `error` its Monte Carlo standard error, `without` the share of samples without one;
  `below` and `above` say on which side of the interval the truth lies when it is missed; `width` is a mean. `n` is of a
  period in `decompose`, of a group in `contrast`, of a unit in `unit_ranks` and `rank_agreement` (of sampled units
  their number), else of all respondents.
- critique_sets.csv: sets of ratios by Fieller's theorem, and of which kind they are.
- critique_verdicts.csv: verdicts of `dominance`, how often one of their statements is `wrong`, how often the proof of
  dominance is by itself, and how often the simultaneous `band` holds all differences.

The shares of `conflicting_customers`, and those in `polarisation`, have the intervals of `estimate`, whose coverage is
enumerated; so is that of `eights_bounds` (tests/exactness/test_eights.py).

Name some of `intervals`, `sets` and `verdicts` to compute these alone.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import critique_decomposition
import critique_items
import critique_orders
import critique_outcomes
from critique_counting import COLUMNS

HERE = Path(__file__).parent


def intervals() -> Iterator[dict[str, object]]:
    """All rows of critique.csv."""
    for part in (critique_decomposition, critique_outcomes, critique_items):
        for cell in part.cells():
            yield from part.rows(cell)
    for cell in critique_orders.tau_cells():
        yield critique_orders.tau_row(cell)
    for cell in critique_orders.unit_cells():
        yield from critique_orders.unit_rows(cell)


def write(name: str, columns: list[str], rows: Iterable[dict[str, object]]) -> None:
    """Write a table as it is made."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            file.flush()
            print(*row.values(), flush=True)


def main() -> None:
    """Make the tables."""
    wanted = sys.argv[1:] or ["intervals", "sets", "verdicts"]
    if "sets" in wanted:
        cells = critique_outcomes.set_cells()
        write("critique_sets.csv", critique_outcomes.SET_COLUMNS, map(critique_outcomes.set_row, cells))
    if "verdicts" in wanted:
        cells = critique_orders.dominance_cells()
        write("critique_verdicts.csv", critique_orders.VERDICT_COLUMNS, map(critique_orders.dominance_row, cells))
    if "intervals" in wanted:
        write("critique.csv", COLUMNS, intervals())


if __name__ == "__main__":
    main()
