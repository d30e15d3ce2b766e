"""Whatever arrives: a file, a mapping or an address is read or refused in words, soon, and in little memory."""

import gzip
import multiprocessing
import random
import re
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from churn.errors import ChurnError
from churn.intake.declaring import read_extract_form
from churn.intake.extract_form import ExtractForm
from churn.intake.limits import Limits, Tally, check_hope
from churn.intake.reading import open_batches
from churn.intake.screening import screen_rows
from churn.intake.sources import open_extract
from churn.settings import Settings
from tests.support.factories import make_extract

TOKENS = [
    b"",
    b",",
    b";",
    b'"',
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"NULL",
    b"1e999",
    b"=1+1",
    b"x" * 5_000,
]
TOKENS += [b"x" * 5_000, "\u202e".encode(), "\ud83d\ude00".encode("utf-16", "surrogatepass"), b"9" * 400, b"31.12.9999"]
WORDS = ["'1.234,50'", '"%d.%m.%Y"', '"%"', "true", "1", "{}", '"latin-1"', '"days"', "[1]", '"\\u0000"', "nan"]
KEYS = [
    "encoding",
    "decimal_comma",
    "numbers",
    "tenure_unit",
    "churn_date_format",
    "[columns]\ncustomer_id",
    "[values]\nJ",
]
PARTS = [
    "http:",
    "file:",
    "ftp:",
    "//",
    "127.0.0.1:1",
    "[::1",
    "user:pass@",
    "/e.csv",
    "#sha256=",
    "%00",
    "?",
    "ü",
    " ",
]


def spoil(content: bytes, dice: random.Random) -> bytes:
    """Puts, cuts, doubles or flips bytes at a few random places."""
    for _ in range(dice.randint(1, 6)):
        place, length = dice.randrange(len(content) + 1), dice.choice([0, 1, 20, 2_000])
        token = dice.choice([*TOKENS, dice.randbytes(3), content[place : place + length] * 2])
        content = content[:place] + token + content[place + length :]
    return content


def read_file(path: Path, mapping: ExtractForm) -> None:
    tally = Tally()
    with open_batches(path, path.name, mapping, 50_000_000) as opened:
        for batch in opened.batches:
            tally.add(screen_rows(batch, opened.header, mapping))
            check_hope(path.name, tally, opened.most_rows, Limits())


def write_mapping(path: Path, dice: random.Random) -> Path:
    lines = [f"{dice.choice(KEYS)} = {dice.choice(WORDS)}" for _ in range(dice.randint(0, 3))]
    path.write_bytes(spoil("\n".join(lines).encode(), dice) if dice.random() < 0.3 else "\n".join(lines).encode())
    return path


def try_one(folder: Path, seeds: dict[str, bytes], dice: random.Random) -> None:
    kind = dice.choice(["csv", "csv", "csv", "gz", "parquet", "mapping", "address"])
    if kind == "address":
        address = "".join(dice.choice(PARTS) for _ in range(dice.randint(1, 6)))
        start, settings = dice.choice(["file:", "http://", ""]), Settings(home=folder, download_timeout_seconds=1)
        with open_extract(settings, start + address):
            return
    mapping = (
        read_extract_form(write_mapping(folder / "m.toml", dice))
        if dice.random() < 0.3 or kind == "mapping"
        else ExtractForm()
    )
    path = folder / f"extract.{kind}"
    content = spoil(seeds.get(kind, seeds["csv"]), dice)
    path.write_bytes(gzip.compress(content) if kind == "gz" else content)
    read_file(path, mapping)


def fuzz(folder: Path, seed: int, seconds: float) -> int:
    dice, until, tried = random.Random(seed), time.monotonic() + seconds, 0
    pq.write_table(make_extract(60).to_arrow(), folder / "seed.parquet")
    seeds = {"csv": make_extract(60).write_csv().encode(), "parquet": (folder / "seed.parquet").read_bytes()}
    while time.monotonic() < until:
        began, cpu, state = time.monotonic(), time.process_time(), dice.getstate()
        try:
            try_one(folder, seeds, dice)
        except ChurnError:
            pass  # Refused in words.
        except BaseException as error:
            raise AssertionError(f"case {tried} of seed {seed} ends with {type(error).__name__}: {error}") from error
        assert min(time.monotonic() - began, time.process_time() - cpu) < 10, (seed, tried, state[0])
        tried += 1
    return tried


def measure(folder: Path, seed: int, seconds: float) -> tuple[int, int, int]:
    """Returns how many cases were tried, and the peak memory of the reader and of its children, in kB."""
    tried = fuzz(folder, seed, seconds)
    # Not ru_maxrss of this process: Linux hands the peak of the parent on to a program that the parent starts.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return tried, int(peak), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


@pytest.mark.parametrize(
    ("seed", "seconds", "least"),
    [(17, 6, 10), pytest.param(int(time.time()), 600, 1_000, marks=pytest.mark.slow)],
    ids=["6 seconds", "10 minutes"],
)
def test_whatever_arrives_is_read_or_refused_in_words(tmp_path: Path, seed: int, seconds: float, least: int) -> None:
    # In a process of its own: the peak of this one is that of every test before it.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
        tried, own_kb, children_kb = processes.submit(measure, tmp_path, seed, seconds).result()

    assert tried > least
    assert max(own_kb, children_kb) < 1_000_000
