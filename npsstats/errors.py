"""The cases that a caller may want to catch by name; each is also a built-in error."""

__all__ = ["ConvergenceError", "InvalidRatingError", "OverlapWarning", "SmallSampleWarning", "UndefinedScoreError"]


class InvalidRatingError(ValueError):
    """An answer that is neither a rating of the scale nor declared missing.

    Attributes
    ----------
    codes : tuple
        The wrong answers that `missing_codes` could declare missing, the most frequent first, at most five.
    """

    def __init__(self, message: str, *, codes: tuple[int | str, ...] = ()) -> None:
        super().__init__(message)
        self.codes = codes


class UndefinedScoreError(ValueError):
    """A score of a group without any valid rating."""


class ConvergenceError(RuntimeError):
    """An iteration that did not reach its tolerance."""


class SmallSampleWarning(UserWarning):
    """A method used where it does not keep its confidence level."""


class OverlapWarning(UserWarning):
    """A comparison that takes groups for independent which share respondents."""
