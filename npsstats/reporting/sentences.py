"""Of many sentences those to show."""

from npsstats.results.differences import Differences
from npsstats.results.protocol import Result

__all__ = ["findings"]


def findings(result: Result, most: int) -> tuple[list[str], int]:
    """Choose the sentences to show of a result, and count the others.

    Of several differences their summary comes first; of too many of them those that are detected are shown.
    """
    sentences = result.sentences()
    if not isinstance(result, Differences) or len(result) == 1:
        return sentences[:most], max(len(sentences) - most, 0)
    summary = result.reading().split("\n", 1)[0]
    detected = [text for text, found in zip(sentences, result.detected, strict=True) if found]
    chosen = sentences if len(sentences) <= most else (detected or sentences)[:most]
    return [summary, *chosen], len(sentences) - len(chosen)
