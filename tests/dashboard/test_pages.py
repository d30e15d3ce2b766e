"""Every page in a real browser: its numbers are the database's, it fits a phone, and it can be read by everybody."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe

from churn.dashboard import formats
from churn.dashboard.report import write_report
from churn.dashboard.tableau import write_sources
from churn.reporting.exporting import export
from churn.settings import Settings
from churn.stores.ledgers import promotions
from churn.stores.postgres.database import open_engine
from churn.stores.shown import calls
from churn.stores.shown.marts import VIEWS
from churn.stores.workplace import open_workplace
from tests.conftest import DAY
from tests.dashboard import queries
from tests.dashboard.conftest import HISTORY_DAYS, HOSTILE
from tests.support.days import ask, execute

PAGES = (
    "today",
    "calls",
    "campaigns",
    "leave-alone",
    "segments",
    "trend",
    "customer?id=1234-KNOWN",
    "health",
    "model",
    "data",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
READ_TABLES = """() => ({
    tables: Object.fromEntries([...document.querySelectorAll("[data-table]")].map(table => [
        table.dataset.table,
        [...table.tBodies[0].rows].map(row => [...row.cells].map(one => [one.dataset.column, one.textContent.trim()])),
    ])),
    cards: Object.fromEntries([...document.querySelectorAll(".card")].map(
        card => [card.dataset.figure, card.querySelector(".value").textContent])),
})"""
"""Every table and card of the page that is open, cell by cell."""


@pytest.fixture(scope="module")
def artifacts(request: pytest.FixtureRequest) -> Path:
    """Where screenshots of the pages are kept: .pytest_cache/d/pages."""
    return Path(request.config.cache.mkdir("pages"))


@pytest.fixture(scope="module")
def page(browser: Any, address: str) -> Iterator[Any]:
    """A browser's tab at a desk. Shared: each test opens its page anew."""
    context = browser.new_context(viewport=DESK, base_url=address)
    yield context.new_page()
    context.close()


def open_page(page: Any, name: str) -> Any:
    """Opens a page and waits until all of it is there."""
    page.goto(f"/{'' if name == 'today' else name}")
    page.locator(".foot").wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    return page


def until(page: Any, read: Callable[[], Any], wanted: Any) -> Any:
    """What is read, once it is what is wanted, or after ten seconds: a page answers when it has asked the database."""
    for _ in range(100):
        if (found := read()) == wanted:
            return found
        page.wait_for_timeout(100)
    return found


def figure(page: Any, name: str) -> str:
    return str(page.locator(f'[data-figure="{name}"] .value').inner_text())


def column(page: Any, table: str, name: str) -> list[str]:
    cells = page.locator(f'[data-table="{table}"] td[data-column="{name}"]')
    return [text.strip() for text in cells.all_inner_texts()]


def choose(page: Any, label: str, option: str) -> None:
    """Chooses an option of a list."""
    page.wait_for_timeout(500)  # A folder that is opening moves its lists, and a list that moves closes.
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")


# --- every page --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def visits(browser: Any, address: str, artifacts: Path) -> Iterator[Callable[[str], dict[str, Any]]]:
    """What one visit of a page by desk, phone and screen reader finds; each page is visited once."""
    context = browser.new_context(viewport=DESK, base_url=address)
    found: dict[str, dict[str, Any]] = {}

    def visit(name: str) -> dict[str, Any]:
        if name not in found:
            found[name] = look_around(context.new_page(), address, name, artifacts)
        return found[name]

    yield visit
    context.close()


def look_around(page: Any, address: str, name: str, artifacts: Path) -> dict[str, Any]:
    errors: list[str] = []
    requests: list[str] = []
    page.on("console", lambda one: errors.append(f"{one.text} {one.location['url']}") if one.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    open_page(page, name)
    title, band = name.split("?")[0], page.locator(".band").first.inner_text()
    page.screenshot(path=artifacts / f"{title}.png")
    axe = Axe().run(page).response["violations"]
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(600)
    widths = page.evaluate(
        "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".map(one => [one.scrollWidth, one.clientWidth])"
    )
    page.screenshot(path=artifacts / f"{title}-phone-dark.png")
    axe += Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    page.close()
    return {
        # A page opened by its own address is looked for under that address first: Streamlit's way to find its base.
        "errors": [error for error in errors if f"/{title}/_stcore/" not in error],
        "elsewhere": [url for url in requests if not url.startswith((address, "data:", "blob:"))],
        "axe": [
            f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in axe if one["impact"] in ("serious", "critical")
        ],
        "band": band,
        "widths": widths,
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_an_error_in_the_console(visits: Callable[[str], dict[str, Any]], name: str) -> None:
    assert visits(name)["errors"] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_nothing_from_elsewhere(visits: Callable[[str], dict[str, Any]], name: str) -> None:
    assert visits(name)["elsewhere"] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_scroll_sideways_on_a_phone(visits: Callable[[str], dict[str, Any]], name: str) -> None:
    assert all(content <= window for content, window in visits(name)["widths"])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_barrier(visits: Callable[[str], dict[str, Any]], name: str) -> None:
    assert visits(name)["axe"] == []


@pytest.mark.parametrize("name", PAGES)
def test_made_up_customers_are_labelled_on_every_page(visits: Callable[[str], dict[str, Any]], name: str) -> None:
    assert "Synthetic customers" in visits(name)["band"]


def test_bars_are_seen_on_a_phone(page: Any) -> None:
    page.set_viewport_size(PHONE)
    try:
        open_page(page, "today").locator('path[aria-roledescription="bar"]').first.wait_for(state="attached")
        bars = page.locator('path[aria-roledescription="bar"]').evaluate_all(
            "bars => bars.map(one => one.getBBox()).map(box => [box.x, box.width])"
        )
    finally:
        page.set_viewport_size(DESK)
    places = sorted({x for x, _ in bars})
    assert min(width for _, width in bars) > 0.6 * min(after - before for before, after in pairwise(places))


# --- numbers are the database's ----------------------------------------------------------------------------------


def test_the_overview_shows_the_figures_of_the_day(page: Any, looked_at: Settings) -> None:
    ((at_risk, active, revenue, loss, average),) = ask(
        looked_at,
        "SELECT at_risk_customers_count, active_customers_count, revenue_at_risk_usd, expected_annual_loss_usd, "
        f"average_churn_probability FROM reporting.kpi_daily WHERE prediction_date = '{DAY}'",
    )
    open_page(page, "today")

    assert figure(page, "at_risk_customers_count") == f"{at_risk:,}"
    assert figure(page, "active_customers_count") == f"{active:,}"
    assert figure(page, "revenue_at_risk_usd") == f"${revenue:,.0f}"
    assert figure(page, "expected_annual_loss_usd") == f"${loss:,.0f}"
    assert figure(page, "average_churn_probability") == f"{average:.1%}"


def test_a_day_that_was_rewound_from_the_same_extract_is_compared_with_nothing(page: Any, looked_at: Settings) -> None:
    rewound = ask(looked_at, "SELECT count(*) FROM reporting.kpi_daily WHERE basis = 'reconstructed'")
    open_page(page, "today")

    assert rewound == [(HISTORY_DAYS - 1,)]
    changes = page.locator(".card .change").all_inner_texts()
    assert changes == ["no earlier extract"] * 5
    assert page.locator(".spark").count() == 0


def test_the_chosen_date_stands_in_the_address(page: Any, looked_at: Settings) -> None:
    day = DAY - timedelta(days=7)
    ((loss,),) = ask(
        looked_at, f"SELECT expected_annual_loss_usd FROM reporting.kpi_daily WHERE prediction_date = '{day}'"
    )
    open_page(page, f"?date={day}")

    assert figure(page, "expected_annual_loss_usd") == f"${loss:,.0f}"
    assert page.locator('[data-fact="headline"]').inner_text().startswith(f"${loss:,.0f} of a year's revenue")
    choose(page, "Date", str(DAY - timedelta(days=3)))
    page.get_by_text(f"As of {DAY - timedelta(days=3)}").wait_for()
    assert f"date={DAY - timedelta(days=3)}" in page.url


def test_the_first_call_is_above_the_fold(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=address)
    tab = open_page(context.new_page(), "calls")
    box = tab.locator('[data-table="calls"] tbody tr').first.bounding_box()
    frame = tab.locator(".scroll.tall").evaluate("one => [one.scrollWidth, one.clientWidth]")
    context.close()

    assert box["y"] + box["height"] <= 800
    assert frame[0] <= frame[1], "the columns that matter do not fit 1,280 px"


def test_a_click_on_a_heading_sorts_the_most_useful_direction_first(page: Any) -> None:
    open_page(page, "calls?risk_tier=High").locator('[data-table="calls"] thead a', has_text="Monthly charge").click()

    def is_falling() -> bool:
        charges = [float(text.strip("$")) for text in column(page, "calls", "monthly_charges")]
        return charges == sorted(charges, reverse=True) and len({*charges}) > 1

    assert until(page, is_falling, True)
    assert set(column(page, "calls", "risk_tier")) == {"High"}


def test_todays_calls_are_split_into_eight_files(page: Any, looked_at: Settings, tmp_path: Path) -> None:
    query = f"SELECT customer_id FROM reporting.action_list WHERE prediction_date = '{DAY}' ORDER BY call_rank"
    wanted = [customer for (customer,) in ask(looked_at, query)]
    open_page(page, "calls")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="files, ZIP").click()
    path = tmp_path / "calls.zip"
    waiting.value.save_as(path)

    with zipfile.ZipFile(path) as archive:
        files = [pl.read_csv(archive.read(name)) for name in archive.namelist()]
    assert waiting.value.suggested_filename == f"calls-{DAY}-8-files.zip"
    assert [one["customer_id"][0] for one in files] == wanted[:8]
    assert sorted(customer for one in files for customer in one["customer_id"]) == sorted(wanted)
    assert max(one.height for one in files) - min(one.height for one in files) <= 1
    assert all({"say_why", "action", "last_contact"} <= set(one.columns) for one in files)


def test_the_tiers_of_the_overview_add_up(page: Any, looked_at: Settings) -> None:
    query = f"SELECT high_count, medium_count, low_count FROM reporting.kpi_daily WHERE prediction_date = '{DAY}'"
    (tiers,) = ask(looked_at, query)

    assert column(open_page(page, "today"), "tiers", "customers") == [f"{count:,}" for count in tiers]


@pytest.mark.parametrize("name", queries.TABLES)
def test_every_card_and_every_cell_is_what_sql_gives(page: Any, looked_at: Settings, name: str) -> None:
    path = name
    if name == "customer":
        ((customer,),) = ask(looked_at, f"SELECT customer_id {queries.MOVED}")
        path = f"customer?id={customer}"
    open_page(page, path)
    if name.startswith("trend") and not page.locator("table").count():
        page.get_by_text("The figures", exact=True).click()
        page.locator("table").wait_for()
    shown = page.evaluate(READ_TABLES)

    wanted = {table: write_rows(looked_at, query) for table, query in queries.TABLES[name].items()}
    assert shown["tables"] == wanted
    assert all(wanted.values())
    if name in queries.CARDS:
        assert shown["cards"] == dict(write_rows(looked_at, queries.CARDS[name])[0])


def write_rows(settings: Settings, query: str) -> list[list[list[str]]]:
    """The rows of a query, as name and text of each cell."""
    with open_engine(settings).connect() as connection:
        rows = connection.execute(sa.text(query.replace("::", r"\:\:"))).mappings().all()
    return [[[name, queries.write_cell(name, value)] for name, value in row.items()] for row in rows]


@pytest.mark.parametrize(
    "dimension", ["contract", "tenure_band", "internet_service", "payment_method", "senior_citizen"]
)
def test_segments_show_what_a_bi_tool_would_get(page: Any, looked_at: Settings, dimension: str) -> None:
    rows = ask(
        looked_at,
        "SELECT segment, active_customers_count, at_risk_customers_count, at_risk_rate, revenue_at_risk_usd, "
        f"expected_annual_loss_usd FROM reporting.risk_by_segment WHERE prediction_date = '{DAY}' "
        f"AND dimension = '{dimension}' AND active_customers_count > 0",
    )
    open_page(page, "segments")

    names = ("active_customers_count", "at_risk_customers_count", "at_risk_rate", "revenue_at_risk_usd")
    shown = zip(
        *(column(page, dimension, name) for name in (dimension, *names, "expected_annual_loss_usd")), strict=True
    )
    forms = (str, formats.tell_count, formats.tell_count, formats.tell_percent, formats.tell_usd, formats.tell_usd)
    wanted = [
        tuple(
            form(float(cell) if index > 2 else cell) for index, (form, cell) in enumerate(zip(forms, row, strict=True))
        )
        for row in rows
    ]
    assert sorted(shown) == sorted(wanted)


def test_the_trend_shows_every_published_day(page: Any, looked_at: Settings) -> None:
    rows = ask(
        looked_at,
        "SELECT high_count, expected_annual_loss_usd FROM reporting.risk_trend WHERE period = 'day' "
        "ORDER BY period_start_date DESC",
    )
    open_page(page, "trend").get_by_text("The figures", exact=True).click()

    assert len(rows) == HISTORY_DAYS
    wanted = [f"{high:,}" for high, _ in rows]
    assert until(page, lambda: column(page, "trend", "high_count"), wanted) == wanted
    assert column(page, "trend", "expected_annual_loss_usd") == [f"${loss:,.0f}" for _, loss in rows]
    assert column(page, "trend", "basis") == ["Live"] + ["Reconstructed"] * (HISTORY_DAYS - 1)


def test_the_trend_by_week_shows_the_last_day_of_each(page: Any, looked_at: Settings) -> None:
    query = "SELECT high_count FROM reporting.risk_trend WHERE period = 'week' ORDER BY period_start_date DESC"
    open_page(page, "trend?period=Week&span=All")

    assert column(page, "trend", "high_count") == [f"{high:,}" for (high,) in ask(looked_at, query)]


def test_a_customer_is_shown_as_scored(page: Any, looked_at: Settings) -> None:
    ((customer, probability, loss, contract, monthly),) = ask(
        looked_at,
        "SELECT customer_id, churn_probability, expected_annual_loss_usd, contract, monthly_charges FROM "
        f"reporting.customer_scores WHERE prediction_date = '{DAY}' AND is_active ORDER BY churn_probability LIMIT 1",
    )
    open_page(page, f"customer?id={customer}")

    assert figure(page, "churn_probability") == formats.tell_percent(probability)
    assert figure(page, "expected_annual_loss_usd") == f"${loss:,.0f}"
    assert figure(page, "monthly_charges") == f"${monthly:,.2f}"
    assert column(page, "profile", "value")[0] == contract


def test_the_model_page_shows_what_the_ledger_keeps(page: Any, looked_at: Settings) -> None:
    figures = {
        (family, name): value
        for family, name, value in ask(looked_at, "SELECT family, figure, value FROM reporting.model_figures")
    }
    ((family,),) = ask(looked_at, "SELECT family FROM reporting.model_history WHERE is_champion")
    open_page(page, "model")

    shown = column(page, "candidates", "roc_auc")
    assert [text.split(" ")[0] for text in shown] == [
        f"{figures[name, 'roc_auc']:.3f}" for name in sorted({one for one, _ in figures})
    ]
    assert column(page, "confusion", "flagged") == [
        f"{figures[family, cell]:,.0f}" for cell in ("true_positive", "false_positive")
    ]
    ((slices,),) = ask(looked_at, "SELECT count(*) FROM reporting.model_slices")
    assert len(column(page, "slices", "segment")) == slices > 8


def test_the_data_page_shows_loads_rejects_and_days(page: Any, looked_at: Settings) -> None:
    (reject,) = ask(looked_at, "SELECT reason, rows_count FROM reporting.reject_reasons")
    open_page(page, "data")

    assert column(page, "loads", "rows_rejected") == ["1"]
    assert column(page, "rejects", "reason") == [reject[0]]
    assert column(page, "publications", "status") == ["published"] * 30
    assert set(column(page, "checks", "holds")) == {"yes"}
    assert set(column(page, "mix", "verdict")) <= {"stable", "shifting", "changed"}


# --- the action list ---------------------------------------------------------------------------------------------


def test_the_action_list_is_the_databases(page: Any, looked_at: Settings) -> None:
    query = "SELECT customer_id, expected_annual_loss_usd FROM reporting.action_list"
    rows = ask(looked_at, f"{query} WHERE prediction_date = '{DAY}' ORDER BY call_rank LIMIT 50")
    open_page(page, "calls?all_columns=true")

    assert column(page, "calls", "customer_id") == [customer for customer, _ in rows]
    assert column(page, "calls", "expected_annual_loss_usd") == [f"${loss:,.0f}" for _, loss in rows]


@pytest.mark.parametrize("name", calls.SORTABLE)
def test_the_action_list_sorts_by_every_column(looked_at: Settings, name: str) -> None:
    from churn.stores.postgres.readers import reading

    with reading(looked_at) as connection:
        wanted = calls.Wanted(DAY, order_by=name, descending=True)
        found = [row[name] for row in calls.read_calls(connection, wanted, 30)]

    query = f"SELECT {name} FROM reporting.action_list WHERE prediction_date = '{DAY}' ORDER BY 1 DESC LIMIT 30"
    is_money = name.endswith("_usd")
    assert list(map(str, found)) == [
        str(float(cell) if is_money and cell is not None else cell) for (cell,) in ask(looked_at, query)
    ]


def test_the_second_page_goes_on_where_the_first_ended(page: Any, looked_at: Settings) -> None:
    query = f"SELECT customer_id FROM reporting.action_list WHERE prediction_date = '{DAY}' ORDER BY call_rank"
    rows = ask(looked_at, f"{query} LIMIT 50 OFFSET 50")
    box = open_page(page, "calls").get_by_label("Page, 1 to")
    box.fill("2")
    box.press("Enter")
    wanted = [customer for (customer,) in rows]

    assert until(page, lambda: column(page, "calls", "customer_id"), wanted) == wanted != []


def test_filters_and_order_of_the_address_hold(page: Any, looked_at: Settings) -> None:
    ((count, profit),) = ask(
        looked_at,
        "SELECT count(*), sum(expected_profit_usd) FROM reporting.action_list "
        f"WHERE prediction_date = '{DAY}' AND risk_tier = 'Medium' AND internet_service = 'DSL'",
    )
    open_page(page, "calls?risk_tier=Medium&internet_service=DSL")

    assert figure(page, "customers_count") == f"{count:,}"
    assert figure(page, "expected_profit_usd") == f"${profit:,.2f}"
    assert set(column(page, "calls", "risk_tier")) == {"Medium"}


def test_a_filter_that_is_chosen_changes_the_list_and_the_address(page: Any) -> None:
    open_page(page, "calls?all_columns=true")
    choose(page, "Internet", "DSL")

    assert until(page, lambda: set(column(page, "calls", "internet_service")), {"DSL"}) == {"DSL"}
    assert "internet_service=DSL" in page.url


def test_the_top_hundred_at_risk_by_lifetime_value_are_one_click_away(page: Any, looked_at: Settings) -> None:
    chosen = f"FROM reporting.action_list WHERE prediction_date = '{DAY}' AND at_risk_flag"
    ((count, profit),) = ask(
        looked_at,
        f"SELECT count(*), sum(expected_profit_usd) FROM (SELECT * {chosen} "
        "ORDER BY lifetime_value_usd DESC, call_rank LIMIT 100) AS top",
    )
    best = ask(looked_at, f"SELECT customer_id {chosen} ORDER BY lifetime_value_usd DESC, call_rank LIMIT 50")
    open_page(page, "calls").get_by_role("link", name="Top 100 at risk by lifetime value").click()
    wanted = [customer for (customer,) in best]

    assert until(page, lambda: column(page, "calls", "customer_id"), wanted) == wanted
    assert figure(page, "customers_count") == f"{count:,}"
    assert figure(page, "expected_profit_usd") == f"${profit:,.2f}"


def test_a_search_finds_part_of_a_number(page: Any) -> None:
    first = column(open_page(page, "calls"), "calls", "customer_id")[4]
    box = page.get_by_label("Customer number contains")
    box.fill(first[:6])
    box.press("Enter")

    assert until(page, lambda: column(page, "calls", "customer_id"), [first]) == [first]


def test_the_list_is_sorted_by_what_is_chosen(page: Any) -> None:
    open_page(page, "calls")
    choose(page, "Sort by", "Monthly charge")

    def is_sorted() -> bool:
        charges = [float(text.strip("$")) for text in column(page, "calls", "monthly_charges")]
        return charges == sorted(charges) and charges[0] < charges[-1]

    assert until(page, is_sorted, True)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_download_holds_what_is_shown(page: Any, looked_at: Settings, tmp_path: Path, kind: str) -> None:
    open_page(page, "calls?risk_tier=High")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"rows, {kind.upper()}").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)

    export(open_workplace(looked_at), "action-list", "csv", tmp_path / "all.csv", DAY)
    wanted = pl.read_csv(tmp_path / "all.csv").filter(risk_tier="High").select(calls.COLUMNS)
    if kind == "csv":
        found = pl.read_csv(path)
        assert found.select(calls.COLUMNS).equals(wanted)
        assert set(found["prediction_date"]) == {str(DAY)}
        assert set(found["is_synthetic"]) == {True}
        assert found["policy_sha256"].null_count() == 0
    else:
        sheet = zipfile.ZipFile(io.BytesIO(path.read_bytes())).read("xl/worksheets/sheet1.xml").decode()
        assert sheet.count("<row ") == wanted.height + 1
        names = (*calls.SAID_IN_FILES, *calls.COLUMNS)
        for letter, name in zip(ascii_uppercase, names, strict=False):
            if name in calls.COLUMNS and wanted[name].dtype.is_numeric():
                found = re.findall(rf'<c r="{letter}\d+"(?: s="\d+")?><v>([^<]*)</v>', sheet)
                assert list(map(float, found)) == wanted[name].to_list()


def test_exports_hold_cents(looked_at: Settings, tmp_path: Path) -> None:
    export(open_workplace(looked_at), "action-list", "csv", tmp_path / "all.csv", DAY)
    prices = pl.read_csv(tmp_path / "all.csv")["price_above_list_usd"]

    assert prices.to_list() == prices.round(2).to_list()


# --- what is typed is only ever text -----------------------------------------------------------------------------


def test_a_customer_number_with_markup_is_shown_as_text(page: Any) -> None:
    open_page(page, "calls?search=DROP")

    assert column(page, "calls", "customer_id") == [HOSTILE]
    assert page.locator('[data-table="calls"] img').count() == 0
    page.locator('[data-table="calls"] tbody a').click()
    page.locator('[data-figure="customer_id"]').wait_for()
    assert page.locator('[data-figure="customer_id"]').inner_text() == HOSTILE
    assert "taken" not in page.title()


def test_sql_in_a_search_is_searched_for(page: Any, looked_at: Settings) -> None:
    box = open_page(page, "calls").get_by_label("Customer number contains")
    box.fill("' OR 1=1; DROP VIEW reporting.action_list; --")
    box.press("Enter")
    page.get_by_text("No customers match these filters.").wait_for()

    assert ask(looked_at, "SELECT count(*) > 0 FROM reporting.action_list") == [(True,)]


def test_a_click_on_the_heat_map_filters(page: Any, looked_at: Settings) -> None:
    chart = open_page(page, "segments").locator('[data-testid="stVegaLiteChart"]').first
    chart.locator("canvas, svg").first.wait_for()
    only = page.get_by_text("Only Month-to-month, 0-12 months")

    def click_the_first_field() -> bool:
        box = chart.bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + 35)
        page.wait_for_timeout(1000)
        return bool(only.count())

    assert until(page, click_the_first_field, True)
    ((active,),) = ask(
        looked_at,
        "SELECT count(*) FROM reporting.customer_scores WHERE is_active AND contract = 'Month-to-month' "
        f"AND tenure_band = '0-12' AND prediction_date = '{DAY}'",
    )
    wanted = f"{active:,}"
    assert until(page, lambda: figure(page, "active_customers_count"), wanted) == wanted


# --- the report and the sources for Tableau, of the same day -----------------------------------------------------


def test_the_report_is_one_file_that_opens_offline(browser: Any, looked_at: Settings, tmp_path: Path) -> None:
    out = tmp_path / "churn.html"
    told = write_report(looked_at, out, None)
    context = browser.new_context(viewport=PHONE, offline=True)
    tab = context.new_page()
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(out.as_uri())

    query = "SELECT customer_id FROM reporting.action_list"
    rows = ask(looked_at, f"{query} WHERE prediction_date = '{DAY}' ORDER BY call_rank LIMIT 100")
    assert told.startswith(f"{out}: overview and {len(rows)} calls as of {DAY}")
    assert out.stat().st_size < 500_000
    assert requests == [out.as_uri()]
    assert tab.locator("svg").count() == 2
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert column(tab, "calls", "customer_id") == [customer for (customer,) in rows]
    assert [one for one in Axe().run(tab).response["violations"] if one["impact"] in ("serious", "critical")] == []
    context.close()


def test_tableau_gets_a_source_for_every_view(looked_at: Settings, tmp_path: Path) -> None:
    from xml.etree import ElementTree

    paths = write_sources(looked_at, tmp_path / "tableau")
    source = ElementTree.parse(tmp_path / "tableau" / "churn_customer_scores.tds")

    assert [path.name for path in paths] == [f"churn_{view}.tds" for view in VIEWS]
    columns = {one.get("name"): one for one in source.findall("column")}
    latest = ElementTree.parse(tmp_path / "tableau" / "churn_customer_scores_latest.tds")
    summed = {one.get("name") for one in latest.findall("column") if one.get("aggregation") == "Sum"}
    assert "[revenue_at_risk_usd]" in summed
    assert columns["[revenue_at_risk_usd]"].get("aggregation") == "Avg"  # A sum over dates counts a customer twice.
    assert columns["[churn_probability]"].get("aggregation") == "Avg"
    assert "Risk category" in "".join(columns["[risk_tier]"].itertext())


# --- what happens while a page is open ---------------------------------------------------------------------------


def test_a_day_that_is_withdrawn_is_shown_no_more(page: Any, looked_at: Settings) -> None:
    change = f"UPDATE ops.publications SET {{}} WHERE prediction_date = '{DAY - timedelta(days=3)}'"

    def count_days() -> int:
        open_page(page, "trend?span=All").get_by_text("The figures", exact=True).click()
        page.locator("table").wait_for()
        return len(column(page, "trend", "basis"))

    assert count_days() == HISTORY_DAYS
    execute(looked_at, change.format("status = 'staged', published_at = NULL"))
    try:
        assert count_days() == HISTORY_DAYS - 1
    finally:
        execute(looked_at, change.format("status = 'published', published_at = staged_at"))


def test_a_champion_chosen_by_hand_is_told_at_once(page: Any, looked_at: Settings) -> None:
    """The last test: the ledger takes nothing back."""
    champion = promotions.find_champion(open_engine(looked_at))
    assert champion is not None
    assert column(open_page(page, "model"), "decisions", "decided_by") == ["gate"]
    promotions.record_promotion(open_engine(looked_at), replace(champion, decided_by="person"))

    assert column(open_page(page, "model"), "decisions", "decided_by") == ["person", "gate"]
