"""Runs a page without a browser."""

import sys

from streamlit.testing.v1 import AppTest


def run_page(page: AppTest) -> AppTest:
    """Runs the page. Streamlit takes the place of __main__ and keeps it, and child processes would import the page."""
    main = sys.modules["__main__"]
    try:
        return page.run()
    finally:
        sys.modules["__main__"] = main
