"""The board page is one A4 page, says what the database has, and opens offline."""

import re
from pathlib import Path
from typing import Any

from churn.dashboard.board import write_board
from churn.settings import Settings
from tests.conftest import DAY
from tests.support.days import ask

PAGE = re.compile(rb"/Type\s*/Page\b")


def test_the_board_page_is_one_page_of_paper(browser: Any, published: Settings, tmp_path: Path) -> None:
    out = tmp_path / "board.html"
    said = write_board(published, out, None)
    context = browser.new_context(offline=True)
    tab = context.new_page()
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(out.as_uri())
    paper = tab.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    sentences = tab.locator(".said li").all_inner_texts()
    cards = tab.locator(".card").count()
    context.close()

    ((loss,),) = ask(
        published, f"SELECT expected_annual_loss_usd FROM reporting.kpi_daily WHERE prediction_date = '{DAY}'"
    )
    assert said.startswith(f"{out}: the board page as of {DAY}")
    assert requests == [out.as_uri()]
    assert len(PAGE.findall(paper)) == 1
    assert sentences[0].startswith(f"${loss:,.0f} of a year's revenue is expected to leave")
    assert sentences[-1] == "No campaign has been read yet: what contacts keep is not known."
    assert cards == 5
