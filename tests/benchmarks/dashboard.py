"""How fast the pages are there, and how many can read them at once.

uv run python -m tests.benchmarks.dashboard [--million] [--seconds 60]

On 7,043 made-up customers with 60 days of history, in a headless Chromium on the same machine:

- start: from `churn dashboard` to the answer of its health address
- paint: from asking for a page's address in a new tab to its last figure on the screen; the first visit of a server
  asks the database, later ones are answered from what it remembers
- floor: the same for a Streamlit page of one line, in turns with the pages: what browser and library take by themselves
- within: from a click in the menu to the last figure
- readers: 20 at once for a minute, each asking all queries of a page, one page after another with a second between,
  nothing remembered; beside them the same queries alone
- tabs: 20 tabs of the browser that open one page after another for a minute

With --million the day after holds a million customers, copied under other numbers, and paint is measured again.
Medians; CPU seconds and peak memory are those of the server.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.load import Bench
from tests.dashboard.conftest import BROWSER_OPTIONS
from tests.support.workplaces import at

DAY = date(2026, 11, 20)
HISTORY_DAYS = 60
PAGES = ("", "calls", "segments", "trend", "customer", "model", "data")
MENU = ("Today", "Calls", "Segments", "Trend", "Customer", "Model", "Data")
VISITS = 5
READERS = 20
PORT = 18_777


def prepare(home: Path) -> None:
    """The made-up sample, scored by a champion trained on it, and 60 days of history."""
    from churn.learning.params import ModelParams
    from churn.settings import Settings
    from churn.simulation.extracts import provide_synthetic_extract
    from churn.stages import intake, learning, scoring, transforms
    from tests.support.days import run_backfill

    settings = Settings(home=home)
    intake.load_extract(at(settings), provide_synthetic_extract(home), DAY)
    transforms.run_transforms(at(settings), DAY)
    learning.train_models(at(settings), DAY, ModelParams())
    scoring.score_customers(at(settings), DAY, "benchmark")
    scoring.publish(at(settings), DAY)
    run_backfill(settings, HISTORY_DAYS)


def add_a_million(bench: Bench) -> None:
    """The next day, as if it had been run: 142 copies of every customer."""
    day, copies = DAY + timedelta(days=1), 142
    bench.psql(
        f"CREATE TEMP TABLE t AS SELECT * FROM analytics.customer_risk WHERE prediction_date = '{DAY}'; "
        f"UPDATE t SET prediction_date = '{day}'; INSERT INTO analytics.customer_risk SELECT (jsonb_populate_record(t, "
        "jsonb_build_object('customer_id', left(md5(customer_id || n), 10) || n))).* "
        f"FROM t CROSS JOIN generate_series(1, {copies}) AS n"
    )
    counts = (
        *("customers", "active", "at_risk", "high", "medium", "low"),
        *("true_positive", "false_positive", "false_negative", "true_negative"),
    )
    sums = ("active_probability_sum", "annual_revenue_usd", "revenue_at_risk_usd", "expected_annual_loss_usd")
    grown = ", ".join(f"{name} = {name} * {copies}" for name in (*(f"{one}_count" for one in counts), *sums))
    bench.psql(
        f"CREATE TEMP TABLE t AS SELECT * FROM analytics.risk_by_profile WHERE prediction_date = '{DAY}'; "
        f"UPDATE t SET prediction_date = '{day}', {grown}; INSERT INTO analytics.risk_by_profile SELECT * FROM t; "
        f"CREATE TEMP TABLE p AS SELECT * FROM ops.publications WHERE prediction_date = '{DAY}'; "
        f"UPDATE p SET prediction_date = '{day}', customers_count = customers_count * {copies}, published_at = now(), "
        f"eligible_count = eligible_count * {copies}; INSERT INTO ops.publications SELECT * FROM p"
    )
    bench.psql("ANALYZE")


BARE = """import streamlit as st
st.html('<p class="foot">One line.</p>')
"""


def serve_bare(home: Path) -> list[str]:
    """The command that serves a page of one line beside the pages."""
    app = home / "bare.py"
    app.write_text(BARE)
    options = {"port": PORT + 1, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    flags = [f"--server.{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(app), "--browser.gatherUsageStats=false", *flags]


@contextmanager
def serving(home: Path, command: list[str] | None = None, port: int = PORT) -> Iterator[tuple[psutil.Process, float]]:
    """The server's process, and how many seconds it took until it answered."""
    import urllib.request

    began = time.perf_counter()
    pages = [str(Path(sys.executable).parent / "churn"), "dashboard", "--port", str(port)]
    child = subprocess.Popen(command or pages, env=os.environ | {"CHURN_HOME": str(home)}, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.05)
        yield psutil.Process(child.pid), time.perf_counter() - began
    finally:
        child.terminate()
        child.wait(30)


@contextmanager
def browsing() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(BROWSER_OPTIONS))
        yield browser.new_context(viewport={"width": 1280, "height": 900}, base_url=f"http://127.0.0.1:{PORT}")
        browser.close()


def paint(context: Any, path: str) -> float:
    """Seconds until a page in a new tab shows its last figure."""
    page = context.new_page()
    began = time.perf_counter()
    page.goto(path if path.startswith("http") else f"/{path}")
    page.locator(".foot").wait_for()
    seconds = time.perf_counter() - began
    page.close()
    return seconds


def click(context: Any) -> dict[str, list[float]]:
    """Seconds from a click in the menu to the last figure."""
    found: dict[str, list[float]] = {name: [] for name in MENU}
    page = context.new_page()
    page.goto("/data")
    page.locator(".foot").wait_for()
    for _ in range(VISITS):
        for name in MENU:
            began = time.perf_counter()
            page.get_by_role("link", name=name, exact=True).click()
            page.locator("h1", has_text=name).wait_for()
            page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
            found[name].append(time.perf_counter() - began)
    page.close()
    return found


def tell_paint(home: Path, title: str) -> None:
    """Prints start, first and later visits of each page, and clicks."""
    starts, firsts = [], {}
    for path in PAGES:
        with serving(home) as (_, seconds), browsing() as context:
            starts.append(seconds)
            context.new_page().goto("/_stcore/health")  # the browser's own first page
            firsts[path] = paint(context, path)
    bare = f"http://127.0.0.1:{PORT + 1}/"
    later: dict[str, list[float]] = {path: [] for path in (*PAGES, bare)}
    with serving(home) as (server, _), serving(home, serve_bare(home), PORT + 1), browsing() as context:
        for _ in range(VISITS + 1):
            for path, times in later.items():
                times.append(paint(context, path))
        clicks = click(context)
        usage = server.cpu_times(), server.memory_info().rss / 1e6
    floor = statistics.median(later.pop(bare)[1:])
    print(f"\n{title}\nstart {statistics.median(starts):.2f} s (slowest {max(starts):.2f})")
    print(f"{'page':<14}{'first visit s':>14}{'later s':>10}{'ratio':>8}{'within s':>10}")
    for path, name in zip(PAGES, MENU, strict=True):
        again, within = statistics.median(later[path][1:]), statistics.median(clicks[name])
        print(f"{name:<14}{firsts[path]:>14.2f}{again:>10.2f}{again / floor:>8.1f}{within:>10.2f}")
    print(f"{'one line':<14}{'':>14}{floor:>10.2f}{1:>8.1f}")
    visits = (VISITS * 2 + 1) * len(PAGES) + 1
    print(f"server: {(usage[0].user + usage[0].system):.1f} CPU s for {visits} pages and its start, {usage[1]:.0f} MB")


def questions(day: date) -> dict[str, Callable[[Any], object]]:
    """All that each page asks, with nothing remembered."""
    from churn.stores.shown import calls, gate_decisions, marts

    wanted = calls.Wanted(day)

    def overview(connection: Any) -> None:
        marts.read_days(connection, day - timedelta(days=60), day)
        calls.read_calls(connection, wanted, 10)

    def action_list(connection: Any) -> None:
        calls.read_choices(connection, day)
        calls.sum_calls(connection, wanted)
        calls.read_calls(connection, wanted, 50)

    def model(connection: Any) -> None:
        promotion = gate_decisions.read_models(connection)[0]["promotion_id"]
        for question in (
            gate_decisions.read_model_figures,
            gate_decisions.read_model_curves,
            gate_decisions.read_model_slices,
        ):
            question(connection, promotion)

    def data(connection: Any) -> None:
        marts.read_days(connection, day, day)
        marts.read_loads(connection)
        marts.read_reject_reasons(connection)
        marts.read_mix(connection, day, day)

    return {
        "Today": overview,
        "Calls": action_list,
        "Segments": lambda connection: marts.read_profiles(connection, day),
        "Trend": lambda connection: marts.read_trend(connection, "day", day - timedelta(days=60)),
        "Customer": lambda connection: marts.read_customer(connection, "3946-RQCMA"),
        "Model": model,
        "Data": data,
    }


def read_at_once(home: Path, day: date, readers: int, seconds: float) -> tuple[dict[str, list[float]], int]:
    """Milliseconds of each page's queries, by page, and how many failed."""
    from churn.settings import Settings
    from churn.stores.postgres.readers import reading
    from churn.stores.shown import marts

    settings, pages = Settings(home=home), questions(day)
    found: dict[str, list[float]] = {name: [] for name in pages}
    errors: list[str] = []
    until = time.monotonic() + seconds

    def read(first: int) -> None:
        names, turn = list(pages), first
        while time.monotonic() < until:
            name, turn = names[turn % len(names)], turn + 1
            began = time.perf_counter()
            try:
                with reading(settings) as connection:
                    marts.read_publications(connection)
                    pages[name](connection)
                found[name].append((time.perf_counter() - began) * 1000)
            except Exception as error:
                errors.append(str(error))
            time.sleep(1)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, len(errors)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def tell_readers(home: Path, day: date, seconds: float) -> None:
    alone, _ = read_at_once(home, day, 1, min(seconds, 20))
    found, errors = read_at_once(home, day, READERS, seconds)
    print(f"\n{READERS} readers for {seconds:.0f} s, a page's queries in ms; errors: {errors}")
    print(f"{'page':<14}{'pages':>8}{'median':>9}{'p95':>9}{'slowest':>9}{'alone':>9}{'ratio':>8}")
    for name, times in found.items():
        middle, by_itself = statistics.median(times), statistics.median(alone[name])
        row = f"{name:<14}{len(times):>8}{middle:>9.0f}{percentile(times, 0.95):>9.0f}{max(times):>9.0f}"
        print(f"{row}{by_itself:>9.0f}{middle / by_itself:>8.1f}")
    everything = [one for times in found.values() for one in times]
    print(f"all: p95 {percentile(everything, 0.95):.0f} ms of {len(everything):,} pages")


def tell_tabs(home: Path, seconds: float) -> None:
    """20 tabs, each opening one page after another, in turns of one browser."""
    errors: list[str] = []
    opened = 0
    with serving(home) as (server, _), browsing() as context:
        tabs = [context.new_page() for _ in range(READERS)]
        for tab in tabs:
            tab.on("pageerror", lambda error: errors.append(str(error)))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for number, tab in enumerate(tabs):
                tab.goto(f"/{PAGES[(opened + number) % len(PAGES)]}", wait_until="commit")
            for tab in tabs:
                tab.locator(".foot, .say").first.wait_for(timeout=60_000)
                errors += tab.locator('[data-testid="stException"]').all_inner_texts()
                opened += 1
        usage = server.cpu_times()
        memory = server.memory_info().rss / 1e6
    cpu = (usage.user + usage.system) / max(1, opened)
    print(
        f"\n{READERS} tabs for {seconds:.0f} s: {opened} pages, {len(errors)} errors, {cpu:.2f} CPU s of the server a"
    )
    print(f"page, {memory:.0f} MB")


def main() -> None:
    """Prepares a telecom and prints the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "home")
        os.environ["CHURN_HOME"] = str(bench.home)  # The SQL models know no other way.
        os.environ.pop("CHURN_DATABASE_URL", None)
        try:
            prepare(bench.home)
            tell_paint(bench.home, f"7,043 customers, {HISTORY_DAYS} days")
            tell_readers(bench.home, DAY, arguments.seconds)
            tell_tabs(bench.home, arguments.seconds)
            if arguments.million:
                add_a_million(bench)
                tell_paint(bench.home, "1,000,106 customers")
                tell_readers(bench.home, DAY + timedelta(days=1), arguments.seconds)
        finally:
            bench.close()


if __name__ == "__main__":
    main()
