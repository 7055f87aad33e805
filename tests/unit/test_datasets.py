"""Count tables that come with the package, and the download of the files behind them."""

import csv
import hashlib
import logging
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import FrozenInstanceError
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from npsstats import tabulate
from npsstats.datasets import Dataset, fetch, fetching, load, responses
from npsstats.datasets.fetching import RemoteFile, content_sha256
from npsstats.ratings.scales import CSAT, NPS

TINY = b"ID,NETPRO,COMMENT\n1,10,good\n2,3,bad\n"
TINY_CONTENT = b"ID,NETPRO\n1,10\n2,3\n"  # by hand, after the definition
OTHER = TINY.replace(b"3", b"4")


def digest(data):
    return hashlib.sha256(data).hexdigest()


# ---------------------------------------------------------------------------------------------------- load


@pytest.fixture(scope="module")
def sfo():
    return load("sfo")


@pytest.mark.parametrize(
    ("year", "n", "missing", "detractors", "passives", "promoters", "score"),
    [(2017, 2746, 85, 12.45, 35.25, 52.29, 39.84), (2018, 2650, 159, 16.87, 35.28, 47.85, 30.98)],
)
def test_recommend_gives_the_published_shares(sfo, year, n, missing, detractors, passives, promoters, score):
    year_counts = sfo["recommend"].pool("year").select(year)
    (counts,) = year_counts.counts
    assert year_counts.n.tolist() == [n]
    assert year_counts.missing.tolist() == [missing]  # code 11, and one empty field in 2017
    shares = [100 * counts[:7].sum() / n, 100 * counts[7:9].sum() / n, 100 * counts[9:].sum() / n]
    # Published with two decimals.
    np.testing.assert_allclose(shares, [detractors, passives, promoters], atol=0.005)
    np.testing.assert_allclose(counts @ year_counts.metric.values / n, score, atol=0.005)


@pytest.mark.parametrize(("year", "n", "top_two"), [(2017, 2688, 82.07), (2018, 2625, 78.44)])
def test_csat_gives_the_published_shares(sfo, year, n, top_two):
    (counts,) = sfo["csat"].select(year).counts
    assert counts.sum() == n
    np.testing.assert_allclose(100 * counts[3:].sum() / n, top_two, atol=0.005)


def test_tables_have_their_metric_and_groups(sfo):
    assert list(sfo.tables) == ["recommend", "csat"]
    recommend, csat = sfo["recommend"], sfo["csat"]
    assert (recommend.metric, csat.metric) == (NPS, CSAT)
    assert (recommend.by, csat.by) == (("area", "year"), ("year",))
    assert recommend.groups == tuple((area, year) for area in "ABCDEFG" for year in (2017, 2018))
    assert csat.groups == (2013, 2014, 2015, 2016, 2017, 2018)


def test_no_respondent_is_lost(sfo):
    # The rows of the files: both questions were put to everyone.
    rows = {2013: 3535, 2014: 2818, 2015: 2958, 2016: 3087, 2017: 2831, 2018: 2809}
    csat, recommend = sfo["csat"], sfo["recommend"].pool("year")
    assert dict(zip(csat.groups, csat.n + csat.missing, strict=True)) == rows
    assert dict(zip(recommend.groups, recommend.n + recommend.missing, strict=True)) == {
        year: rows[year] for year in (2017, 2018)
    }


def test_recommend_is_a_recount_of_the_files(sfo, shared_data):
    counts = sfo["recommend"]
    for year in (2017, 2018):
        rows = read_stripped(shared_data / "sfo" / f"{year}.csv")
        tally = Counter((row["BAREA"], row["NETPRO"]) for row in rows)
        for area in "ABCDEFG":
            (group,) = counts.positions([(area, year)])
            assert counts.counts[group].tolist() == [tally[area, str(rating)] for rating in range(11)]
            assert counts.missing[group] == tally[area, "11"] + tally[area, ""]


def test_csat_is_a_recount_of_the_files(sfo, shared_data):
    counts = sfo["csat"]
    for year in range(2013, 2019):
        rows = read_stripped(shared_data / "sfo" / f"{year}.csv")
        tally = Counter(row["Q7O_WHOLE" if year == 2013 else "Q7ALL"] for row in rows)
        (group,) = counts.positions([year])
        assert counts.counts[group].tolist() == [tally[str(rating)] for rating in range(1, 6)]
        assert counts.missing[group] == sum(tally[code] for code in ("0", "6", "Blank", "BLANK"))


def test_the_question_of_2013_is_that_of_the_later_years(shared_data):
    # What the note on 2013 says: the same items in the same order, the overall one last. Some were renamed.
    def items(year):
        header = read_stripped(shared_data / "sfo" / f"{year}.csv")[0]
        return [name.split("_")[-1] if year == 2013 else name[2:] for name in header if name.startswith("Q7")]

    renamed = {
        "SHOPS": "STORE", "SIGNS": "SIGN", "WALK": "WALKWAYS", "WALKWAY": "WALKWAYS", "INFOARR": "INFODOWN",
        "INFODEP": "INFOUP", "ROAD": "ROADS", "LTPARK": "LTPARKING", "WHOLE": "ALL",
    }  # fmt: skip
    batteries = [[renamed.get(item, item) for item in items(year)] for year in range(2013, 2019)]
    assert len(batteries[0]) == 15
    assert batteries[0][-1] == "ALL"
    assert all(battery == batteries[0] for battery in batteries)


def test_provenance_is_complete(sfo):
    assert sfo.name == "sfo"
    assert "San Francisco International Airport" in sfo.title
    assert "DataSF" in sfo.publisher
    assert "ODC-PDDL" in sfo.licence
    assert any(url.endswith("nnh5-5rwz") for url in sfo.urls)
    assert all(url.startswith("https://data.sfgov.org/") for url in sfo.urls)
    notes = " ".join(sfo.notes)
    assert all(word in notes for word in ("code 11", "codes 0", "Blank", "Q7O_WHOLE"))
    assert "clustered" in sfo.caveat


def test_a_data_set_cannot_be_changed(sfo):
    with pytest.raises(FrozenInstanceError):
        sfo.title = "other"
    with pytest.raises(TypeError, match="does not support item assignment"):
        sfo.tables["recommend"] = sfo.tables["csat"]
    with pytest.raises(ValueError, match="read-only"):
        sfo["recommend"].counts[0, 0] = 1
    assert not hasattr(sfo, "__dict__")


def test_a_data_set_keeps_its_own_tables(sfo):
    tables = {"a": sfo["csat"]}
    about = {name: getattr(sfo, name) for name in ("name", "title", "publisher", "licence", "urls", "description")}
    dataset = Dataset(**about, notes=["one"], caveat="mind", tables=tables)
    tables.clear()
    assert list(dataset.tables) == ["a"]
    assert dataset.notes == ("one",)


def test_fields_are_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        Dataset("sfo", "title")


def test_unknown_names_list_the_known_ones(sfo):
    with pytest.raises(ValueError, match="no data set 'SFO'; the data sets are sfo"):
        load("SFO")
    with pytest.raises(ValueError, match="no data set 'sfo-2017'; the data sets are sfo"):
        responses("sfo-2017")
    with pytest.raises(KeyError, match="no table 'nps'; its tables are recommend, csat"):
        sfo["nps"]


@pytest.fixture(scope="module")
def rows():
    return responses("sfo")


def test_responses_are_the_rows_of_the_files(rows, shared_data):
    times = {"1": "morning", "2": "midday", "3": "evening"}
    published = [
        (year, row["BAREA"], times[row["STRATA"]], row["RUNID"], float(row["WEIGHT"]), row["NETPRO"])
        for year in (2017, 2018)
        for row in read_stripped(shared_data / "sfo" / f"{year}.csv")
    ]
    own = [
        (year, area, time, run.removeprefix(f"{year}-").replace("none", ""), weight, rating)
        for year, area, time, run, weight, rating, *_ in rows.itertuples(index=False)
    ]
    assert [row[:5] for row in own] == [row[:5] for row in published]
    for (*_, rating), (*_, code) in zip(own, published, strict=True):
        assert ("" if pd.isna(rating) else str(rating)) == ("" if code == "11" else code)


def test_items_and_problems_are_those_of_the_files(rows, shared_data):
    columns = {
        "satisfied": "Q7ALL", "find_way": "Q14FIND", "security": "Q14PASSTHRU", "getting_there": "Q13GETRATE",
    }  # fmt: skip
    published = [row for year in (2017, 2018) for row in read_stripped(shared_data / "sfo" / f"{year}.csv")]
    for own, theirs in columns.items():
        codes = [row[theirs] if row[theirs] in {"1", "2", "3", "4", "5"} else "" for row in published]
        assert ["" if pd.isna(rating) else str(rating) for rating in rows[own]] == codes
        assert {row[theirs] for row in published} <= {"0", "1", "2", "3", "4", "5", "6", "Blank", "BLANK"}
    answers = {"1": "yes", "2": "no"}
    assert rows["problem"].fillna("").tolist() == [answers.get(row["Q15PROBLEM"], "") for row in published]
    # Published: top-2 of the airport as a whole 82.07 % (n 2,688) and 78.44 % (n 2,625).
    top = rows.dropna(subset="satisfied").groupby("year")["satisfied"].agg([lambda x: (x >= 4).mean(), "size"])
    assert top.round(4).to_numpy().tolist() == [[0.8207, 2688], [0.7844, 2625]]


def test_responses_count_up_to_the_table(rows, sfo):
    counts, table = tabulate(rows, rating="recommend", by=["area", "year"]), sfo["recommend"]
    assert counts.labels == table.labels
    np.testing.assert_array_equal(counts.counts, table.counts)
    np.testing.assert_array_equal(counts.missing, table.missing)


def test_a_run_is_in_one_year_time_and_area(rows):
    # But for the twelve rows without a run, which come from two areas.
    places = rows.astype({"time_of_day": str}).groupby("run")[["year", "time_of_day", "area"]].nunique()
    assert len(places) == 418
    assert (places[["year", "time_of_day"]] == 1).all(axis=None)
    assert places.index[places["area"] > 1].tolist() == ["2018-none"]
    assert (rows["run"] == "2018-none").sum() == 12


def test_responses_have_what_a_survey_needs(rows):
    answers = ["recommend", "satisfied", "find_way", "security", "getting_there", "problem"]
    assert rows.columns.tolist() == ["year", "area", "time_of_day", "run", "weight", *answers]
    assert rows["time_of_day"].cat.categories.tolist() == ["morning", "midday", "evening"]
    assert rows["time_of_day"].cat.ordered
    assert rows.drop(columns=answers).notna().all(axis=None)
    # The airport scales the weights of each year to a mean of 1, to six decimals.
    np.testing.assert_allclose(rows.groupby("year")["weight"].mean(), 1, atol=1e-6)


def test_responses_are_read_anew_each_time(rows):
    changed = responses("sfo")
    changed["weight"] = 1.0
    assert rows["weight"].nunique() > 1


def test_import_does_not_load_pooch():
    code = "import sys, npsstats.datasets; print(sorted({'pooch', 'requests'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def read_stripped(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(file)]


# --------------------------------------------------------------------------------------------------- fetch


class Site:
    """A server on the loopback interface: what each path answers, and which paths were asked for."""

    def __init__(self):
        self.pages = {}
        self.asked = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                status, body, length = site.pages.get(self.path, (404, b"not here", None))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def serve(self, body, path="/file.csv", status=200, length=None):
        self.pages[path] = (status, body, length)
        return self.url(path)

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def stop(self):
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()


@pytest.fixture
def site(monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    site = Site()
    yield site
    site.stop()


@pytest.fixture
def tiny(monkeypatch, site):
    """Put a file of two respondents into the registry; give its address."""
    url = site.serve(TINY)
    file = RemoteFile(name="tiny", url=url, columns=("ID", "NETPRO"), content_sha256=digest(TINY_CONTENT))
    monkeypatch.setattr(fetching, "remote_files", lambda: {"tiny": file})
    return url


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def log():
    """Collect what Pooch's logger says."""
    import pooch

    class Lines(logging.Handler):
        def __init__(self):
            super().__init__()
            self.lines = []

        def emit(self, record):
            self.lines.append(record.getMessage())

    handler = Lines()
    pooch.get_logger().addHandler(handler)
    yield handler.lines
    pooch.get_logger().removeHandler(handler)


def test_a_download_is_kept_as_it_came(tiny, cache):
    path = fetch("tiny", cache_dir=cache)
    assert path == cache / "tiny.csv"
    assert path.read_bytes() == TINY
    assert (cache / "tiny.csv.sha256").read_text() == f"{digest(TINY)}  tiny.csv\n"
    assert sorted(file.name for file in cache.iterdir()) == ["tiny.csv", "tiny.csv.sha256"]


def test_the_second_fetch_needs_no_server(tiny, site, cache):
    first = fetch("tiny", cache_dir=cache)
    site.stop()
    assert fetch("tiny", cache_dir=cache) == first
    assert fetch("tiny", cache_dir=str(cache), sha256=digest(TINY).upper()) == first
    assert site.asked == ["/file.csv"]


def test_one_line_is_logged_for_a_download_and_none_from_the_cache(tiny, cache, log):
    fetch("tiny", cache_dir=cache)
    assert log == [f"Downloading tiny from {tiny}"]
    fetch("tiny", cache_dir=cache)
    assert len(log) == 1


def test_the_default_folder_is_that_of_the_operating_system(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "os" / project)
    assert fetch("tiny") == tmp_path / "os" / "npsstats" / "tiny.csv"


def test_url_is_a_mirror(tiny, site, cache):
    mirror = site.serve(TINY.replace(b"\n", b"\r\n"), "/mirror.csv")
    path = fetch("tiny", cache_dir=cache, url=mirror)
    assert path.read_bytes() == TINY.replace(b"\n", b"\r\n")
    assert site.asked == ["/mirror.csv"]


def test_a_right_sha256_is_accepted(tiny, cache):
    assert fetch("tiny", cache_dir=cache, sha256=digest(TINY)).is_file()


def test_a_wrong_sha256_keeps_nothing(tiny, cache):
    with pytest.raises(ValueError, match="the SHA-256 of tiny") as caught:
        fetch("tiny", cache_dir=cache, sha256="0" * 64)
    assert f"expected {'0' * 64}, got {digest(TINY)}. Nothing was kept." in str(caught.value)
    assert list(cache.iterdir()) == []


def test_wrong_content_keeps_nothing(tiny, site, cache):
    url = site.serve(OTHER, "/other.csv")
    with pytest.raises(ValueError, match=r"tiny from .* does not hold the published data") as caught:
        fetch("tiny", cache_dir=cache, url=url)
    message = str(caught.value)
    assert digest(TINY_CONTENT) in message
    assert digest(TINY_CONTENT.replace(b"3", b"4")) in message
    assert "Nothing was kept" in message
    assert list(cache.iterdir()) == []


def test_a_right_sha256_does_not_excuse_wrong_content(tiny, site, cache):
    url = site.serve(OTHER, "/other.csv")
    with pytest.raises(ValueError, match="does not hold the published data"):
        fetch("tiny", cache_dir=cache, url=url, sha256=digest(OTHER))
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"<!DOCTYPE html><html>maintenance</html>", "it has no column ID, NETPRO"),
        (b"", "it has no column ID, NETPRO"),
        (b"ID\n1\n2\n", "it has no column NETPRO"),
        (b'ID,NETPRO\n1,"' + 200_000 * b"x", "it is not a CSV file"),
    ],
)
def test_a_page_that_is_not_the_file_keeps_nothing(tiny, site, cache, page, reason):
    url = site.serve(page, "/page")
    with pytest.raises(ValueError, match=reason):
        fetch("tiny", cache_dir=cache, url=url)
    assert list(cache.iterdir()) == []


def test_a_changed_file_is_noticed(tiny, site, cache):
    path = fetch("tiny", cache_dir=cache)
    path.write_bytes(OTHER)
    with pytest.raises(ValueError, match="has changed since it was downloaded") as caught:
        fetch("tiny", cache_dir=cache)
    assert f"expected SHA-256 {digest(TINY)}, got {digest(OTHER)}. Delete it" in str(caught.value)
    # The way out that the message names.
    path.unlink()
    path.with_name("tiny.csv.sha256").unlink()
    assert fetch("tiny", cache_dir=cache).read_bytes() == TINY


def test_a_change_outside_the_checked_columns_is_noticed_too(tiny, cache):
    path = fetch("tiny", cache_dir=cache)
    path.write_bytes(TINY.replace(b"good", b"poor"))
    with pytest.raises(ValueError, match="has changed"):
        fetch("tiny", cache_dir=cache)


def test_a_record_without_its_file_does_not_stop_a_download(tiny, cache):
    path = fetch("tiny", cache_dir=cache)
    path.unlink()
    path.with_name("tiny.csv.sha256").write_text("stale")
    assert fetch("tiny", cache_dir=cache).is_file()
    assert fetch("tiny", cache_dir=cache).is_file()


def test_a_download_interrupted_before_its_record_heals_itself(tiny, site, cache, monkeypatch):
    store = fetching._store

    def fail_at_the_record(path, data):
        if path.suffix == ".sha256":
            raise OSError("disk full")
        store(path, data)

    (cache / "tiny.csv.sha256").write_text("of an earlier file")
    with monkeypatch.context() as patch:
        patch.setattr(fetching, "_store", fail_at_the_record)
        with pytest.raises(OSError, match="disk full"):
            fetch("tiny", cache_dir=cache)
    assert fetch("tiny", cache_dir=cache).read_bytes() == TINY
    assert site.asked == ["/file.csv"]


def test_a_wrong_sha256_leaves_a_good_cached_file_alone(tiny, cache):
    path = fetch("tiny", cache_dir=cache)
    with pytest.raises(ValueError, match="To download the file anew, delete"):
        fetch("tiny", cache_dir=cache, sha256="0" * 64)
    assert path.read_bytes() == TINY


def test_a_file_saved_by_hand_is_taken_after_a_check(tiny, site, cache):
    (cache / "tiny.csv").write_bytes(OTHER)
    with pytest.raises(ValueError, match=r"does not hold the published data.*Delete it"):
        fetch("tiny", cache_dir=cache)
    assert not (cache / "tiny.csv.sha256").exists()
    (cache / "tiny.csv").write_bytes(TINY)
    assert fetch("tiny", cache_dir=cache) == cache / "tiny.csv"
    assert (cache / "tiny.csv.sha256").read_text().startswith(digest(TINY))
    assert site.asked == []


@pytest.mark.parametrize("status", [404, 500])
def test_an_http_error_says_what_to_do(tiny, site, cache, status):
    url = site.serve(b"sorry", "/error", status=status)
    with pytest.raises(ConnectionError, match=f"tiny could not be downloaded from {url}: {status}") as caught:
        fetch("tiny", cache_dir=cache, url=url)
    assert f"download the file by hand and save it as {cache / 'tiny.csv'}" in str(caught.value)
    assert list(cache.iterdir()) == []


def test_a_refused_connection_says_what_to_do(tiny, site, cache):
    site.stop()
    with pytest.raises(ConnectionError, match=r"tiny could not be downloaded from http://127\.0\.0\.1"):
        fetch("tiny", cache_dir=cache)
    assert list(cache.iterdir()) == []


def test_a_download_cut_short_keeps_nothing(tiny, site, cache):
    url = site.serve(TINY, "/short", length=len(TINY) + 100)
    with pytest.raises(ConnectionError, match="could not be downloaded"):
        fetch("tiny", cache_dir=cache, url=url)
    assert list(cache.iterdir()) == []


def test_an_unknown_file_lists_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="no file 'sfo-2012'; the files are sfo-2017, sfo-2018"):
        fetch("sfo-2012", cache_dir=tmp_path)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"url": "ftp://example.org/file.csv"}, ValueError, "`url` must be an address that starts with http"),
        ({"url": "file.csv"}, ValueError, "`url` must be an address"),
        ({"url": Path("file.csv")}, TypeError, "`url` must be an address"),
        ({"sha256": "abc"}, ValueError, "`sha256` must be 64 hexadecimal digits; got 'abc'"),
        ({"sha256": 64}, TypeError, "`sha256` must be 64 hexadecimal digits; got 64"),
    ],
)
def test_arguments_have_a_form(tiny, site, cache, wrong, error, message):
    with pytest.raises(error, match=message):
        fetch("tiny", cache_dir=cache, **wrong)
    assert site.asked == []


def test_content_is_what_the_definition_says():
    assert content_sha256(TINY, ["ID", "NETPRO"]) == digest(TINY_CONTENT)
    assert content_sha256(TINY, ["NETPRO", "ID"]) == digest(b"NETPRO,ID\n10,1\n3,2\n")


@pytest.mark.parametrize(
    "same",
    [
        b"\xef\xbb\xbf" + TINY,
        TINY.replace(b"\n", b"\r\n"),
        TINY.rstrip(b"\n") + b"\n\n\n",
        b"ID,NETPRO,COMMENT\n2,3,bad\n1,10,good\n",
        b"COMMENT,NETPRO,ID\ngood,10,1\nbad,3,2\n",
        b'"ID","NETPRO  ",COMMENT\n1," 10","a comment,\non two lines"\n2,3,\n',
        b"ID,NETPRO,COMMENT\n1,10.0,\xe9t\xe9\n2,3.00,bad\n",
        b"ID,NETPRO,COMMENT\n1.,10,good\n2,3.0,bad\n",
    ],
)
def test_form_does_not_change_the_content(same):
    assert content_sha256(same, ["ID", "NETPRO"]) == digest(TINY_CONTENT)


@pytest.mark.parametrize(
    "other",
    [
        b"ID,NETPRO\n1,10\n",
        b"ID,NETPRO\n1,10\n2,3\n2,3\n",
        b"ID,NETPRO\n1,3\n2,10\n",
        b"ID,NETPRO\n1,10\n2,\n",
        b"ID,NETPRO\n1,10\n2\n",
        b"ID,NETPRO\n1,10\n2,30\n",
        b"ID,NETPRO\n1,100\n2,3\n",
        b"ID,NETPRO\n1,1\n2,3\n",
        b"ID,NETPRO\n1,10\n2,3.01\n",
        b"ID,NETPRO\n1,10\n2,-3\n",
        b"NETPRO,ID\n1,10\n2,3\n",
    ],
)
def test_another_answer_changes_the_content(other):
    assert content_sha256(other, ["ID", "NETPRO"]) != digest(TINY_CONTENT)


@pytest.mark.parametrize("year", [2017, 2018])
def test_the_survey_files_pass_and_a_changed_answer_does_not(shared_data, site, cache, year):
    data = (shared_data / "sfo" / f"{year}.csv").read_bytes()
    path = fetch(f"sfo-{year}", cache_dir=cache, url=site.serve(data))
    assert path.read_bytes() == data
    header, *rows = data.decode().splitlines(keepends=True)
    answers = rows[100].split(",")
    place = [name.strip() for name in header.split(",")].index("NETPRO")
    answers[place] = "1" if answers[place] == "0" else "0"
    rows[100] = ",".join(answers)
    changed = site.serve("".join([header, *rows]).encode(), "/changed.csv")
    with pytest.raises(ValueError, match=f"sfo-{year} from .* does not hold the published data"):
        fetch(f"sfo-{year}", cache_dir=cache / "changed", url=changed)
    assert not (cache / "changed").exists()


def test_the_registry_points_to_the_publisher():
    for name, file in fetching.remote_files().items():
        assert file.name == name
        assert file.url.startswith("https://data.sfgov.org/api/views/")
        assert len(bytes.fromhex(file.content_sha256)) == 32
