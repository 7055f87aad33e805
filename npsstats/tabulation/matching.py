"""Who is who in two waves: matching rows by the key of the respondent."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from npsstats.errors import InvalidRatingError
from npsstats.ratings.scales import Metric
from npsstats.tabulation.answers import Answer, Reading, count_answers
from npsstats.tabulation.judging import Judge, Verdict
from npsstats.typing import Label

__all__ = ["Cells", "Panel", "Question", "Row"]

Cells: TypeAlias = Counter[tuple[Label, int | None, int | None]]
"""Respondents by group, first rating and second rating; None for no rating."""

Row: TypeAlias = tuple[str | None, Label, Hashable, int | None, Answer]
"""File, group, key of the respondent, wave (0, 1, or None if it is neither), answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked, and how respondents are matched.

    Attributes
    ----------
    waves : tuple of hashable
        What the two waves are called.
    names : tuple of str
        What to call the ratings of each wave in messages.
    metrics : tuple of Metric
        The metric of each wave.
    missing_codes : tuple of collection
        The codes of each wave.
    by, duplicates, by_from
        As for `tabulate_pairs`.
    """

    waves: tuple[Hashable, Hashable]
    names: tuple[str, str]
    metrics: tuple[Metric, Metric]
    missing_codes: tuple[Collection[int | str], Collection[int | str]]
    by: list[str]
    duplicates: str
    by_from: str | None

    def judges(self) -> tuple[Judge, Judge]:
        """Make the judge of the answers of each wave."""
        first, second = (
            Judge(metric.scale, codes) for metric, codes in zip(self.metrics, self.missing_codes, strict=True)
        )
        return first, second

    @property
    def is_one(self) -> bool:
        """Whether the answers of both waves are judged alike."""
        return self.metrics[0] == self.metrics[1] and self.missing_codes[0] is self.missing_codes[1]


class Panel:
    """What is known of each respondent in each wave.

    Parameters
    ----------
    rows : callable
        Gives all entries in order; called again only to say where something wrong stands.
    question : Question
        What was asked.
    size : int
        How many entries a row of the data has: one for each wave that it is of.
    """

    def __init__(self, rows: Callable[[], Iterator[Row]], question: Question, *, size: int) -> None:
        self.rows, self.question, self.size = rows, question, size
        self.entries = self.without_key = 0
        self.invalid = False
        # By wave; None for those who have a row but no rating in it.
        self.ratings: tuple[dict[Hashable, int | None], ...] = ({}, {})
        self.repeated: tuple[dict[Hashable, list[int]], ...] = ({}, {})
        # Only where there are group columns.
        self.groups: tuple[dict[Hashable, Label], ...] = ({}, {})
        self.divided: tuple[dict[Hashable, Label], ...] = ({}, {})
        self._read()

    def _read(self) -> None:
        judges, grouped = self.question.judges(), bool(self.question.by)
        for _, group, key, wave, answer in self.rows():
            if wave is None:
                continue
            self.entries += 1
            if _is_empty(key):
                self.without_key += 1
            if grouped and self.groups[wave].setdefault(key, group) != group:
                self.divided[wave].setdefault(key, group)
            ratings, verdict = self.ratings[wave], judges[wave](answer)
            earlier = ratings.get(key)
            if not isinstance(verdict, int):
                self.invalid |= verdict is Verdict.INVALID
                ratings[key] = earlier
            elif earlier is None:
                ratings[key] = verdict
            else:
                self.repeated[wave].setdefault(key, [earlier]).append(verdict)

    def check(self, respondent: str, judged_together: tuple[tuple[int, ...], ...]) -> None:
        """Refuse rows without a key, answers that are no ratings, repeated ratings and changing groups."""
        if self.entries == 0:
            msg = f"`{self.question.names[0]}` holds no rows; there is nothing to count."
            raise ValueError(msg)
        if self.without_key:
            wrong = self.without_key // self.size
            msg = (
                f"`respondent` must be a column with a key in each row; {wrong} of {self.entries // self.size} rows "
                f"of the two waves {'has' if wrong == 1 else 'have'} none in {respondent!r} "
                f"(first: {self._first_without_key()}). Leave them out, or give a key to each."
            )
            raise ValueError(msg)
        if self.invalid:
            for waves in judged_together:
                self._refuse_invalid(waves)
        self._settle_repeated()
        self._refuse_changes()

    def cells(self) -> Cells:
        """Count the respondents by group and ratings; their group is that of the wave that counts."""
        first, second = self.ratings
        a, b = self.groups if self.question.by_from == "second" else self.groups[::-1]
        groups: dict[Hashable, Label] = {**a, **b} if self.question.by else dict.fromkeys({**first, **second}, ())
        return Counter((group, first.get(key), second.get(key)) for key, group in groups.items())

    def _first_without_key(self) -> str:
        start: dict[str | None, int] = {}
        for position, (file, _, key, wave, _) in enumerate(self.rows()):
            row = (position - start.setdefault(file, position)) // self.size + 1
            if wave is not None and _is_empty(key):
                return f"row {row}{'' if file is None else f' of {file}'}"
        return "a row that has changed since"

    def _refuse_invalid(self, waves: tuple[int, ...]) -> None:
        """Judge the answers of waves as `tabulate` does; rows of no wave keep their place, and are empty."""
        metric = self.question.metrics[waves[0]]
        empty = (None,) * metric.scale.items

        def answers() -> Iterator[tuple[str | None, Answer]]:
            for file, _, _, wave, answer in self.rows():
                if self.size == 1 or wave in waves:
                    yield file, answer if wave in waves else empty

        tally = [((), answer, 1) for _, _, _, wave, answer in self.rows() if wave in waves]
        if tally:
            name, codes = self.question.names[waves[0]], self.question.missing_codes[waves[0]]
            count_answers(Reading(tally=tally, rows=answers, by=(), name=name), metric, codes)

    def _settle_repeated(self) -> None:
        """Choose among several ratings of a respondent in a wave."""
        how = self.question.duplicates
        if how == "error" and any(self.repeated):
            raise self._repetition()
        broken = [
            (wave, key, ratings)
            for wave, repeated in enumerate(self.repeated)
            for key, ratings in repeated.items()
            if how == "mean" and sum(ratings) % len(ratings)
        ]
        if broken:
            wave, key, ratings = broken[0]
            msg = (
                f"the mean of several ratings must be a rating of the scale, for `duplicates` 'mean'; {len(broken)} "
                f"of {sum(map(len, self.repeated))} {'is' if len(broken) == 1 else 'are'} not (first: respondent "
                f"{key!r} in {self.question.waves[wave]!r}, {sum(ratings) / len(ratings):g}). Nothing is rounded; "
                "pass `duplicates='first'` or `duplicates='last'`."
            )
            raise InvalidRatingError(msg)
        for known, repeated in zip(self.ratings, self.repeated, strict=True):
            for key, ratings in repeated.items():
                known[key] = {"first": ratings[0], "last": ratings[-1]}.get(how, sum(ratings) // len(ratings))

    def _repetition(self) -> ValueError:
        many = " and ".join(
            f"{len(repeated)} respondent{' has' if len(repeated) == 1 else 's have'} several ratings in {wave!r}"
            for wave, repeated in zip(self.question.waves, self.repeated, strict=True)
            if repeated
        )
        key, ratings = next(iter(next(filter(None, self.repeated)).items()))
        return ValueError(
            f"a respondent must have one rating in a wave; {many} (first: {key!r}, {len(ratings)} ratings). Leave out "
            "all but one, or pass `duplicates='first'`, `'last'` or `'mean'` to keep the first, the last or the mean."
        )

    def _refuse_changes(self) -> None:
        """Refuse respondents whose group is not clear."""
        a, b = self.groups
        for wave, (divided, others) in enumerate(zip(self.divided, (b, a), strict=True)):
            # Those in both waves have the group of the one that counts, if one does.
            counts = self.question.by_from in (None, ("first", "second")[wave])
            unclear = [key for key in divided if counts or key not in others]
            if unclear:
                raise self._division(wave, unclear)
        changing = [key for key, group in a.items() if b.get(key, group) != group]
        if changing and self.question.by_from is None:
            first, second = self.question.waves
            key, all_keys = changing[0], a.keys() | b.keys()
            verb = "changes" if len(changing) == 1 else "change"
            msg = (
                f"a respondent must be in one group of {', '.join(self.question.by)}; {len(changing)} of "
                f"{len(all_keys)} {verb} it from {first!r} to {second!r} (first: {key!r}, from "
                f"{_bare(a[key])!r} to {_bare(b[key])!r}). Pass `by_from='first'` or `by_from='second'` to take the "
                "groups of that wave."
            )
            raise ValueError(msg)

    def _division(self, wave: int, unclear: list[Hashable]) -> ValueError:
        key, many = unclear[0], len(unclear)
        return ValueError(
            f"a respondent must be in one group of {', '.join(self.question.by)} in a wave; {many} "
            f"{'is' if many == 1 else 'are'} in several in {self.question.waves[wave]!r} (first: {key!r}, in "
            f"{_bare(self.groups[wave][key])!r} and {_bare(self.divided[wave][key])!r}). Give each one group, or "
            "leave out `by`."
        )


def _is_empty(key: Hashable) -> bool:
    return key is None or (isinstance(key, str) and not key.strip())


def _bare(label: Label) -> Any:
    """The label as it is shown: without a tuple around a single entry."""
    return label[0] if len(label) == 1 else label
