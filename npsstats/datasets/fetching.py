"""Download of the full files behind the data sets, from their publishers, checked and cached."""

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

__all__ = ["fetch"]

TIMEOUT = 30.0  # seconds without an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file of a publisher, and the SHA-256 of the content of its `columns`; see `content_sha256`."""

    name: str
    url: str
    columns: tuple[str, ...]
    content_sha256: str


def fetch(
    name: str,
    *,
    cache_dir: str | PathLike[str] | None = None,
    url: str | None = None,
    sha256: str | None = None,
) -> Path:
    """Download a full published file, once, and check that it holds the data that were published.

    The file is kept as ``<name>.csv``, with its checksum beside it, and taken from there afterwards without
    a connection; a copy that was downloaded by hand and saved under this name will do as well. Use `load` for
    the counts alone.

    Parameters
    ----------
    name : {'sfo-2017', 'sfo-2018'}
        The file.
    cache_dir : path, optional
        The folder to keep it in; by default the cache folder that the operating system gives to npsstats.
    url : str, optional
        Where to download it, if not from its publisher: the address of a copy, http or https. Not used once
        the file is kept.
    sha256 : str, optional
        The SHA-256 of the bytes of the file, 64 hexadecimal digits. What is checked in any case is the
        content, since an export may change its bytes without changing the data.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    TypeError
        If `url` or `sha256` is not text.
    ValueError
        If there is no such file, if `url` or `sha256` has a wrong form, if a checksum is not the expected
        one, or if the kept file has changed since its download. A download that fails a check is not kept.
    ConnectionError
        If the download fails.

    Examples
    --------
    >>> fetch("sfo-2017")  # doctest: +SKIP
    PosixPath('/home/me/.cache/npsstats/sfo-2017.csv')
    """
    known = remote_files()
    if name not in known:
        msg = f"there is no file {name!r}; the files are {', '.join(known)}."
        raise ValueError(msg)
    _check_form("url", url, "(?i)https?://.+", "an address that starts with http:// or https://")
    _check_form("sha256", sha256, "[0-9a-fA-F]{64}", "64 hexadecimal digits")
    path = _cache_folder(cache_dir) / f"{name}.csv"
    record = path.with_name(f"{path.name}.sha256")
    pinned = sha256.lower() if sha256 else None
    if path.is_file():
        _take_cached(known[name], path, record, pinned)
    else:
        _take_download(known[name], path, record, pinned, url or known[name].url)
    return path


def remote_files() -> Mapping[str, RemoteFile]:
    """Read the registry of the files that `fetch` knows."""
    import tomllib
    from importlib.resources import files

    text = files("npsstats.datasets").joinpath("data", "files.toml").read_text(encoding="utf-8")
    return {
        name: RemoteFile(
            name=name,
            url=entry["url"],
            columns=tuple(entry["columns"]),
            content_sha256=entry["content_sha256"],
        )
        for name, entry in tomllib.loads(text).items()
    }


def content_sha256(data: bytes, columns: Sequence[str]) -> str:
    """Compute the SHA-256 of the content of some columns of a CSV file, whatever its bytes.

    The content is these columns, in this order, as a CSV file in UTF-8 with a header and lines that end in a
    line feed, its rows sorted as text. Spaces around headers and fields are gone, and so are zeros after a
    decimal point and a point that then stands last: 9, 9. and 9.0 are one answer, as are 0.5 and 0.50. A byte
    order mark, the line ends, the quoting, the order of rows and columns, and further columns do not matter.

    Raises
    ------
    ValueError
        If the data are not a CSV file with these columns.
    """
    # Free text in other columns may be in any encoding.
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig", errors="replace"), newline=""))
    try:
        header, *rows = [[field.strip() for field in row] for row in reader if row] or [[]]
    except csv.Error as error:
        msg = f"it is not a CSV file: {error}"
        raise ValueError(msg) from error
    if absent := [column for column in columns if column not in header]:
        msg = f"it has no column {', '.join(absent)}"
        raise ValueError(msg)
    where = [header.index(column) for column in columns]
    # A row cut short lacks fields; they read as empty.
    chosen = [[_plain(row[i]) if i < len(row) else "" for i in where] for row in rows]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([list(columns), *sorted(chosen)])
    return hashlib.sha256(text.getvalue().encode()).hexdigest()


def _plain(field: str) -> str:
    """Write a decimal number without zeros at its end; leave anything else."""
    return field.rstrip("0").rstrip(".") if re.fullmatch(r"-?[0-9]+\.[0-9]*", field) else field


def _check_form(argument: str, value: object, pattern: str, rule: str) -> None:
    if value is None:
        return
    msg = f"`{argument}` must be {rule}; got {value!r}."
    if not isinstance(value, str):
        raise TypeError(msg)
    if not re.fullmatch(pattern, value):
        raise ValueError(msg)


def _cache_folder(cache_dir: str | PathLike[str] | None) -> Path:
    if cache_dir is not None:
        return Path(cache_dir).expanduser()
    import pooch

    return Path(pooch.os_cache("npsstats"))


def _take_cached(file: RemoteFile, path: Path, record: Path, pinned: str | None) -> None:
    """Check a file that is kept; the content of one without a record, saved by hand, is checked first."""
    data = path.read_bytes()
    got = hashlib.sha256(data).hexdigest()
    recorded = _read_record(record) if record.is_file() else None
    if recorded is None:
        _check_content(file, data, str(path), "Delete it, and fetch again.")
    elif got != recorded:
        msg = (
            f"{path} has changed since it was downloaded: expected SHA-256 {recorded}, got {got}. "
            f"Delete it and {record.name}, and fetch again."
        )
        raise ValueError(msg)
    if pinned is not None:
        way_out = f"To download the file anew, delete {path} and {record.name}; else correct or leave out `sha256`."
        _check_bytes(file, got, pinned, str(path), way_out)
    if recorded is None:
        _store(record, _record_line(got, path))


def _take_download(file: RemoteFile, path: Path, record: Path, pinned: str | None, url: str) -> None:
    """Download a file, check it in memory, and only then write it."""
    data = _download(file, url, path)
    got = hashlib.sha256(data).hexdigest()
    if pinned is not None:
        way_out = "Nothing was kept. Check the address, or leave out `sha256`: the content is checked in any case."
        _check_bytes(file, got, pinned, url, way_out)
    _check_content(file, data, url, "Nothing was kept. Try again, or pass the `url` of another copy.")
    # A crash between the two leaves a file without a record, which the next fetch checks by its content.
    record.unlink(missing_ok=True)
    _store(path, data)
    _store(record, _record_line(got, path))


def _download(file: RemoteFile, url: str, path: Path) -> bytes:
    import pooch

    pooch.get_logger().info("Downloading %s from %s", file.name, url)
    data = io.BytesIO()
    try:
        # stream=False reads the answer at once and gives the connection back, also after an HTTP error.
        pooch.HTTPDownloader(timeout=TIMEOUT, stream=False)(url, data, None)
    except OSError as error:  # nothing is written to disk here, and the errors of requests are OSErrors
        msg = (
            f"{file.name} could not be downloaded from {url}: {error}. Check the connection and the address, "
            f"pass the `url` of a copy, or download the file by hand and save it as {path}."
        )
        raise ConnectionError(msg) from error
    return data.getvalue()


def _check_bytes(file: RemoteFile, got: str, expected: str, source: str, way_out: str) -> None:
    if got != expected:
        wrong = f"the SHA-256 of {file.name} from {source} is not `sha256`"
        msg = f"{wrong}: expected {expected}, got {got}. {way_out}"
        raise ValueError(msg)


def _check_content(file: RemoteFile, data: bytes, source: str, way_out: str) -> None:
    what = f"{file.name} from {source} does not hold the published data: "
    try:
        got = content_sha256(data, file.columns)
    except ValueError as error:
        msg = f"{what}{error}. Expected the columns {', '.join(file.columns)}. {way_out}"
        raise ValueError(msg) from error
    if got != file.content_sha256:
        msg = (
            f"{what}the content of the columns {', '.join(file.columns)} should have the SHA-256 "
            f"{file.content_sha256}, got {got}. {way_out}"
        )
        raise ValueError(msg)


def _record_line(digest: str, path: Path) -> bytes:
    """Write a checksum the way sha256sum does, so that ``sha256sum --check`` can read it."""
    return f"{digest}  {path.name}\n".encode()


def _read_record(record: Path) -> str:
    return record.read_text(encoding="utf-8", errors="replace").partition(" ")[0]


def _store(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        part = Path(folder) / path.name
        part.write_bytes(data)
        part.replace(path)
