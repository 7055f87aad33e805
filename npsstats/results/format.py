"""How numbers and tables are written: the only place where anything is rounded."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "Table",
    "about",
    "decimals_for",
    "escape_markdown",
    "integer",
    "interval",
    "level",
    "number",
    "percent",
    "positive_set",
    "probability",
    "pvalue",
]

MINUS = "−"


def number(value: float, decimals: int, *, signed: bool = False) -> str:
    """Write a number with a fixed number of decimals and a true minus sign; nan as a dash.

    Parameters
    ----------
    value : float
    decimals : int
        Digits after the point.
    signed : bool, default False
        With a plus sign if above 0.

    Returns
    -------
    str

    Examples
    --------
    >>> number(-8.857, 1), number(0.02, 1, signed=True), number(-0.02, 1)
    ('−8.9', '0.0', '0.0')
    """
    if value != value:
        return "–"
    text = f"{abs(value):,.{decimals}f}" if abs(value) != float("inf") else "∞"
    if not any(digit in text for digit in "123456789∞"):
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def integer(value: float) -> str:
    """Write a whole number with thousands separators."""
    return f"{int(value):,}"


def about(value: float) -> str:
    """Write a whole number that is known roughly: two digits, rounded up.

    Examples
    --------
    >>> about(29.2), about(108.3), about(599_999_989.0)
    ('30', '110', '600,000,000')
    """
    unit = 10 ** max(len(str(int(value))) - 2, 0)
    return integer(-(-value // unit) * unit)


def percent(share: float, decimals: int = 1) -> str:
    """Write a share, 0-1, as a percentage."""
    return f"{number(100 * share, decimals)} %"


def level(confidence_level: float) -> str:
    """Write a confidence level as a percentage, as long as it needs to be."""
    return f"{100 * confidence_level:.10g} %"


def interval(low: float, high: float, decimals: int) -> str:
    """Write an interval, with "to" because a dash next to minus signs is hard to read."""
    return f"{number(low, decimals)} to {number(high, decimals)}"


def positive_set(kind: str, low: float, high: float, decimals: int) -> str:
    """Write the positive part of a set of ratios: "bounded" by its ends, all that is "outside" of them, or "all".

    Examples
    --------
    >>> positive_set("outside", -26.4, 1.36, 2), positive_set("bounded", -0.5, 3, 2), positive_set("bounded", -2, -1, 2)
    ('from 1.36 on', 'up to 3.00', 'none')
    """
    first, last = number(low, decimals), number(high, decimals)
    if kind == "bounded":
        if high <= 0:
            return "none"
        if high == float("inf"):
            return f"from {first} on" if low > 0 else "all"
        return f"{first} to {last}" if low > 0 else f"up to {last}"
    if kind == "outside" and high > 0:
        return f"up to {first}, and from {last} on" if low > 0 else f"from {last} on"
    return "all"


def pvalue(value: float) -> str:
    """Write a p-value: three decimals, four below 0.001, two significant digits below that, a bound where tiny.

    Examples
    --------
    >>> pvalue(0.0534), pvalue(0.00089), pvalue(0.00000641), pvalue(5e-324)
    ('0.053', '0.0009', '6.4e-06', '<1e-300')
    """
    if value != value:
        return "–"
    if value < 1e-300:
        return "<1e-300"
    if value < 0.0001:
        return f"{value:.1e}"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.4f}"


def probability(value: float) -> str:
    """Write a probability: three decimals, more where it is near 0 or 1, so that neither is written for it.

    Examples
    --------
    >>> probability(0.9416), probability(0.0000033), probability(0.99999)
    ('0.942', '3.3e-06', '1 − 1.0e-05')
    """
    return f"1 {MINUS} {pvalue(1 - value)}" if 0.9995 <= value < 1 else f"{value:.3f}" if value == 1 else pvalue(value)


def decimals_for(bounds: tuple[float, float]) -> int:
    """The decimals of a score: 1 on scales of 0-100 and wider, 2 on short ones such as a mean of 1-7."""
    return 1 if bounds[1] - bounds[0] >= 50 else 2


def escape_markdown(text: str) -> str:
    """Make Markdown and the HTML in it show a text as it is."""
    for sign in "\\`*_{}[]<>#|~$&":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of texts, with the columns that hold text first.

    Parameters
    ----------
    headers : sequence of str
    rows : sequence of sequence of str
    text_columns : int, default 0
        How many columns, from the left, hold text; the others hold numbers, aligned right.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: int = 0

    def to_text(self) -> str:
        """Write the table in columns of plain text."""
        lines = [[" ".join(cell.split()) for cell in line] for line in (self.headers, *self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.headers))]

        def aligned(line: Sequence[str]) -> str:
            cells = (
                cell.ljust(width) if i < self.text_columns else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            return "  ".join(cells).rstrip()

        return "\n".join(map(aligned, lines))

    def to_markdown(self) -> str:
        """Write the table as a Markdown pipe table."""
        rule = ["---" if i < self.text_columns else "---:" for i in range(len(self.headers))]
        lines = [map(escape_markdown, self.headers), rule, *(map(escape_markdown, row) for row in self.rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def to_html(self) -> str:
        """Write the table as HTML; texts are escaped."""

        def row(cells: Sequence[str], tag: str) -> str:
            made = (
                f"<{tag}{'' if i < self.text_columns else ' class=number'}>{html.escape(cell)}</{tag}>"
                for i, cell in enumerate(cells)
            )
            return f"<tr>{''.join(made)}</tr>"

        body = "\n".join(row(cells, "td") for cells in self.rows)
        return f"<table>\n<thead>{row(self.headers, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
