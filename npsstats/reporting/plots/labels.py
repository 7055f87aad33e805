"""Names of groups that are short enough for a picture and can still be told apart; tables have them in full."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from npsstats.results.protocol import group_text

__all__ = ["LONGEST_NAME", "LONGEST_PAIR", "longest", "pair_names", "short_name", "short_names"]

LONGEST_NAME = 32
# Two names and what stands between them.
LONGEST_PAIR = 46
# A name is cut between words if that leaves out no more letters than this.
LONGEST_WORD = 10
BETWEEN = " ,;:-–/("


def short_name(label: Hashable) -> str:
    """Write one label that stands by itself; of several use `short_names`, so that they stay distinct."""
    return short_names([label])[0]


def short_names(labels: Sequence[Hashable], *, room: int = LONGEST_NAME) -> list[str]:
    """Write labels that stand in one picture: what they have in common goes first, what tells them apart stays."""
    distinct = list(dict.fromkeys(labels))
    texts = [_text(label) for label in distinct]
    if max(map(len, texts), default=0) > room:
        texts = _by_column(distinct, texts, room)
    names = dict(zip(distinct, texts, strict=True))
    return [names[label] for label in labels]


def pair_names(
    labels: Sequence[Hashable],
    references: Sequence[Hashable],
    *,
    between: str = "vs",
    said: Callable[[Hashable], str] = group_text,
) -> list[str]:
    """Write groups with what they are compared with, the same name for the same group; `said` writes a reference."""
    # A reference such as "rest" is said in words of its own.
    others = [other if isinstance(other, tuple) else said(other) for other in references]
    for room in (LONGEST_NAME, LONGEST_PAIR // 2 - 2):
        names = short_names([*labels, *others], room=room)
        pairs = [
            f"{one} {between} {other}" for one, other in zip(names[: len(labels)], names[len(labels) :], strict=True)
        ]
        if longest(pairs) <= LONGEST_PAIR:
            break
    return pairs


def longest(names: Sequence[str]) -> int:
    """Count the letters of the longest name; the longest line of it counts."""
    return max((len(line) for name in names for line in name.split("\n")), default=0)


def _text(label: Hashable) -> str:
    return group_text(label) if label != () else "all"


def _by_column(labels: list[Hashable], texts: list[str], room: int) -> list[str]:
    """Shorten labels of several columns column by column, the narrow ones least; others as a whole."""
    several = {i: tuple(map(group_text, label)) for i, label in enumerate(labels) if isinstance(label, tuple)}
    several = {i: parts for i, parts in several.items() if len(parts) > 1}
    others = [i for i in range(len(labels)) if i not in several]
    found = dict(zip(others, _distinct([texts[i] for i in others], room), strict=True))
    for size in {len(parts) for parts in several.values()}:
        rows = [i for i, parts in several.items() if len(parts) == size]
        columns = [list(column) for column in zip(*(several[i] for i in rows), strict=True)]
        left = room - 2 * (size - 1)
        order = np.argsort([longest(column) for column in columns], kind="stable").tolist()
        for done, place in enumerate(order):
            columns[place] = _distinct(columns[place], max(left // (size - done), 4))
            left -= longest(columns[place])
        found |= {i: ", ".join(column[at] for column in columns) for at, i in enumerate(rows)}
    return [found[i] for i in range(len(labels))]


def _distinct(texts: list[str], room: int) -> list[str]:
    """Shorten texts, different ones to different names; they get more room if it takes it."""
    distinct = list(dict.fromkeys(texts))
    names = _telling(distinct, room)
    # Groups of texts that were shortened apart may meet again. With room enough nothing is cut.
    while len(set(names.values())) < len(distinct):
        room *= 2
        names = _telling(distinct, room)
    return [names[text] for text in texts]


def _telling(texts: list[str], room: int) -> dict[str, str]:
    """Shorten different texts around the part in which they differ; those that still look alike once more."""
    start, end = _common(texts) if len(texts) > 1 else (0, 0)
    names = {text: _window(text, start, len(text) - end, room) for text in texts}
    alike: dict[str, list[str]] = {}
    for text, name in names.items():
        alike.setdefault(name, []).append(text)
    for group in alike.values():
        if 1 < len(group) < len(texts):
            names |= _telling(group, room)
    return names


def _common(texts: list[str]) -> tuple[int, int]:
    """Count the letters that all texts begin with, and those that all end with, whole words if these are short."""
    start = _prefix(texts)
    word = max(texts[0].rfind(sign, 0, start) for sign in BETWEEN) + 1
    start = word if start - word <= LONGEST_WORD else start
    tails = [text[start:][::-1] for text in texts]
    end = _prefix(tails)
    words = [place for sign in BETWEEN if (place := tails[0].rfind(sign, 0, end)) >= 0]
    word = max(words, default=-1) + 1
    return start, word if end - word <= LONGEST_WORD else end


def _prefix(texts: list[str]) -> int:
    """Count the letters that all texts begin with."""
    letters = zip(*texts, strict=False)
    return next((place for place, own in enumerate(letters) if len(set(own)) > 1), min(map(len, texts)))


def _window(text: str, start: int, stop: int, room: int) -> str:
    """Cut a text to what is around its part from start to stop, and that part in the middle if it is too long."""
    if len(text) <= room:
        return text
    kept = room - 1
    if stop <= kept:
        word = max(text.rfind(sign, 0, kept + 1) for sign in BETWEEN)
        cut = word if word >= stop and kept - word <= LONGEST_WORD else kept
        return f"{text[:cut].rstrip(BETWEEN)}…"
    if len(text) - start <= kept:
        first = len(text) - kept
        words = [place + 1 for sign in BETWEEN if (place := text.find(sign, first - 1, start)) >= 0]
        word = min(words, default=start)
        return f"…{text[word if word - first <= LONGEST_WORD else first :].lstrip(BETWEEN)}"
    if stop - start <= room - 2:
        # Some of what stands before it, from a word on.
        first = stop - (room - 2)
        words = [place + 1 for sign in BETWEEN if (place := text.find(sign, first - 1, start)) >= 0]
        return f"…{text[min(words, default=first) : stop].strip(BETWEEN)}…"
    half = kept // 2
    # What all begin or end with may stay if it leaves room for what follows.
    start, stop = (0 if start <= half // 2 else start), (len(text) if len(text) - stop <= half // 2 else stop)
    return f"{text[start : start + half]}…{text[stop - half : stop]}"
