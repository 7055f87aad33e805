"""The literature behind the methods, and how to cite the package."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from npsstats.version import __version__

__all__ = ["Reference", "bibtex", "references"]

SOFTWARE = f"""@software{{npsstats,
  title   = {{npsstats: Net Promoter Score statistics}},
  author  = {{{{The npsstats developers}}}},
  version = {{{__version__}}},
  year    = {{2026}}
}}"""


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of the bibliography, as BibTeX and as fields."""

    key: str
    entry: str
    fields: dict[str, str]

    @property
    def short(self) -> str:
        """Authors and year, as in running text."""
        names = [_family_name(author) for author in self.fields["author"].split(" and ")]
        who = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
        return f"{who} {self.fields['year']}"

    @property
    def full(self) -> str:
        """The reference as a list of references prints it."""
        get = self.fields.get
        authors = get("author", "").replace(" and ", "; ")
        where = get("journal") or get("publisher", "")
        volume = get("volume", "") + (f"({get('number')})" if get("number") else "")
        pages = get("pages", "").replace("--", "–")
        source = ", ".join(part for part in (where, volume, pages) if part)
        link = f" https://doi.org/{get('doi')}" if get("doi") else ""
        link = link or (f" arXiv:{get('eprint')}" if get("eprint") else "")
        return f"{authors} ({get('year')}). {get('title')}. {source}.{link}"


def references(keys: Iterable[str]) -> list[Reference]:
    """Look up entries of the package's bibliography, each once, in the order asked for.

    Parameters
    ----------
    keys : iterable of str
        BibTeX keys.

    Returns
    -------
    list of Reference

    Raises
    ------
    KeyError
        If the bibliography has no such entry.

    Examples
    --------
    >>> [reference.short for reference in references(["tango1998", "bonett2012"])]
    ['Tango 1998', 'Bonett & Price 2012']
    """
    known = _bibliography()
    return [known[key] for key in dict.fromkeys(keys)]


def bibtex(keys: Iterable[str]) -> str:
    """Write the BibTeX entries of the package and of these references.

    Parameters
    ----------
    keys : iterable of str
        BibTeX keys.

    Returns
    -------
    str
    """
    return "\n\n".join([SOFTWARE, *(reference.entry for reference in references(keys))])


@cache
def _bibliography() -> dict[str, Reference]:
    """Read references.bib: entries end with a brace at the start of a line, fields stand on lines of their own."""
    from importlib.resources import files

    text = files("npsstats.results").joinpath("references.bib").read_text(encoding="utf-8")
    entries = {}
    for found in re.finditer(r"^@\w+\{(\w+),\n.*?^\}", text, flags=re.DOTALL | re.MULTILINE):
        fields = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?$", found[0], flags=re.MULTILINE))
        entries[found[1]] = Reference(found[1], found[0], {name: _plain(text) for name, text in fields.items()})
    return entries


def _plain(text: str) -> str:
    """Take the BibTeX marks out of a field."""
    return text.replace("``", "“").replace("''", "”").replace("{", "").replace("}", "").replace("\\&", "&")


def _family_name(author: str) -> str:
    return author.split(",")[0].strip()
