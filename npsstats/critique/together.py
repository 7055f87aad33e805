"""Whether several metrics were given by the same people."""

from itertools import combinations

from npsstats.ratings.joint import JointCounts

__all__ = ["check_same_people"]


def check_same_people(counts: JointCounts) -> None:
    """Check that each two metrics have respondents in common, in some group."""
    rated = (counts.answers >= 0)[(counts.counts > 0).any(axis=0)]
    for first, second in combinations(range(len(counts.metrics)), 2):
        if not (rated[:, first] & rated[:, second]).any():
            msg = (
                f"`counts` must be of the same respondents; nobody rated both {counts.names[first]} and "
                f"{counts.names[second]}. Leave one of them out with `counts.of(...)`; metrics of different "
                "respondents are compared one by one, with `compare`."
            )
            raise ValueError(msg)
