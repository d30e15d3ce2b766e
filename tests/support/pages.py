"""Runs a page without a browser."""

import sys

from streamlit.testing.v1 import AppTest


def open_page(name: str, **query: str) -> AppTest:
    """Runs the page of a module of the views, with the parameters of its address."""
    page = AppTest.from_function(_show, default_timeout=60, kwargs={"name": name})
    for parameter, value in query.items():
        page.query_params[parameter] = value
    return run_page(page)


def _show(name: str) -> None:
    # AppTest runs the source of this function alone: its imports belong inside.
    import importlib

    from churn.dashboard.access import find_shown

    importlib.import_module(f"churn.dashboard.views.{name}").show(find_shown())


def run_page(page: AppTest) -> AppTest:
    """Runs the page. Streamlit takes the place of __main__ and keeps it, and child processes would import the page."""
    main = sys.modules["__main__"]
    try:
        return page.run()
    finally:
        sys.modules["__main__"] = main


def read_page(page: AppTest) -> str:
    """All that a page says."""
    return " ".join(str(element.proto) for element in page.main)
