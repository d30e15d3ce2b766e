"""Renders rows as HTML: cards, tables, messages. Everything that comes from data is escaped here and nowhere else."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal
from urllib.parse import quote

from churn.dashboard import palette
from churn.dashboard.formats import Form
from churn.dashboard.glossary import FIGURES, Figure
from churn.stores.shown import Row

MOST_BARS = 30


@dataclass(frozen=True)
class Card:
    """One figure in a frame.

    Attributes:
        name: the column name of the figure; tests find the card by it.
        value: the value as text.
        changes: the changes since earlier days, as text.
        mood: whether the change is good or bad for the company; empty for neither.
        line: the values of the last dates, drawn as a small line; no line for fewer than two.
        is_main: whether it is the figure that matters, which is drawn large.
    """

    name: str
    figure: Figure
    value: str
    changes: Sequence[str] = ()
    mood: Literal["", "good", "bad"] = ""
    line: Sequence[float] = ()
    is_main: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: its figure, and a function from a row to HTML for cells that are more than text.

    Attributes:
        address: where a click on the heading leads; None for a heading that is no link.
    """

    name: str
    figure: Figure
    cell: Callable[[Row], str] | None = None
    is_number: bool = False
    is_wide: bool = False
    address: str | None = None

    def render(self, row: Row) -> str:
        """Returns the cell of a row as HTML."""
        return self.cell(row) if self.cell else escape(self.figure.form(row[self.name]))


def explain(figure: Figure) -> str:
    """Returns the heading of a figure, with its definition on hover and for screen readers."""
    definition = escape(figure.meaning, quote=True)
    return f'<span class="what" title="{definition}">{escape(figure.heading)}</span>'


def draw_cards(cards: Iterable[Card], is_compact: bool = False) -> str:
    """Returns cards side by side, as many in a row as the width allows; compact ones leave room for what follows."""
    return f'<div class="cards{" compact" if is_compact else ""}">{"".join(map(_draw_card, cards))}</div>'


def _draw_card(card: Card) -> str:
    changes = "".join(f'<span class="change {card.mood}">{escape(change)}</span>' for change in card.changes)
    return (
        f'<div class="card{" main" if card.is_main else ""}" data-figure="{escape(card.name)}">'
        f'<div class="label">{explain(card.figure)}</div>'
        f'<div class="value">{escape(card.value)}</div>{_draw_spark(card.line)}{changes}</div>'
    )


def _draw_spark(values: Sequence[float]) -> str:
    """Returns small bars from the lowest to the highest value: `st.html` of Streamlit 1.67 removes SVG.

    It is decoration: the change beside it is said in words.
    """
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    bars = "".join(f'<i style="height:{15 + 85 * (value - low) / span:.0f}%"></i>' for value in values[-MOST_BARS:])
    return f'<span class="spark" aria-hidden="true">{bars}</span>'


def draw_tabs(pages: Mapping[str, str], current: str) -> str:
    """Returns links between pages that share an entry of the menu."""
    links = "".join(
        f'<a href="{escape(path)}" target="_self"{" aria-current=page" if path == current else ""}>{escape(title)}</a>'
        for path, title in pages.items()
    )
    return f'<nav class="tabs" aria-label="Pages of this entry">{links}</nav>'


def draw_facts(facts: Mapping[str, tuple[str, str]]) -> str:
    """Returns facts side by side: the name by which tests find it, with its label and its text."""
    cells = "".join(
        f'<div class="fact" data-fact="{escape(name)}"><span class="label">{escape(label)}</span>'
        f"<strong>{escape(text)}</strong></div>"
        for name, (label, text) in facts.items()
    )
    return f'<div class="facts">{cells}</div>'


def headline(sentence: str, cause: str) -> str:
    """Returns the sentence of the day, and what explains it in smaller letters."""
    return (
        f'<div class="headline"><p data-fact="headline">{escape(sentence)}</p><p class="note">{escape(cause)}</p></div>'
    )


def find_known(names: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Returns the names that at least one row has a value of: another column would have a dash in every row."""
    return [name for name in names if not rows or any(row[name] is not None for row in rows)]


def name_columns(
    *names: str,
    numbers: Sequence[str] = (),
    wide: Sequence[str] = (),
    figures: Mapping[str, Figure] = FIGURES,
) -> list[Column]:
    """Returns columns for figures of the glossary, in the given order."""
    return [Column(name, figures[name], _CELLS.get(name), name in numbers, name in wide) for name in names]


def draw_table(name: str, caption: str, columns: Sequence[Column], rows: Iterable[Row], is_tall: bool = False) -> str:
    """Returns a table. It scrolls sideways on a screen that is narrower than the table.

    Args:
        name: the name by which tests find the table.
        caption: a description of the rows, for screen readers.
        is_tall: whether the table scrolls in its own frame, with its heading in sight; on a phone its rows are cards.
    """
    head = "".join(f'<th scope="col"{_class(column)}>{_draw_heading(column)}</th>' for column in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-column="{column.name}" data-label="{escape(column.figure.heading)}"{_class(column)}>'
            f"{column.render(row)}</td>"
            for column in columns
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll{" tall" if is_tall else ""}" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="figures" data-table="{escape(name)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _draw_heading(column: Column) -> str:
    heading = explain(column.figure)
    if column.address is None:
        return heading
    return f'<a href="{escape(column.address)}" target="_self">{heading}</a>'


def _class(column: Column) -> str:
    names = [name for name, is_so in (("number", column.is_number), ("wide", column.is_wide)) if is_so]
    return f' class="{" ".join(names)}"' if names else ""


def draw_tier(tier: str) -> str:
    """Returns a tier with its colour; the word is there too, for readers who cannot see the colour."""
    return f'<span class="dot" style="background:{palette.TIERS.get(tier, palette.MUTED)}"></span>{escape(tier)}'


def draw_bar(text: str, share: float) -> str:
    """Returns a figure above a bar; `share` is the length of the bar, from 0 to 1."""
    return f'{escape(text)}<span class="bar" style="width:{max(0.0, min(1.0, share)) * 100:.0f}%"></span>'


def link_customer(customer_id: str) -> str:
    """Returns a customer number as a link to the page of the customer."""
    return f'<a href="customer?id={quote(customer_id, safe="")}" target="_self">{escape(customer_id)}</a>'


def link_here(words: str, address: str) -> str:
    """Returns a link that opens in the same tab, with other choices of the same page."""
    return f'<a href="{escape(address)}" target="_self">{escape(words)}</a>'


def draw_pill(text: str, is_mark: bool = False) -> str:
    """Returns a short remark in a frame. A mark has a stronger frame: a warning."""
    return f'<span class="pill{" mark" if is_mark else ""}">{escape(text)}</span>'


def say(fact: str, next_step: str) -> str:
    """Returns a message in place of figures: the fact and the next step. Text between backticks is code."""
    return f'<div class="say" role="status"><strong>{escape(fact)}</strong>{_with_code(next_step)}</div>'


def note(text: str) -> str:
    """Returns a remark under a heading or a chart. Text between backticks is code."""
    return f'<p class="note">{_with_code(text)}</p>'


def _with_code(text: str) -> str:
    parts = escape(text).split("`")  # Every second part is between backticks.
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def define(figures: Iterable[Figure]) -> str:
    """Returns labels and definitions as a list, for readers without a mouse."""
    terms = "".join(f"<dt><b>{escape(figure.label)}</b></dt><dd>{escape(figure.meaning)}</dd>" for figure in figures)
    return f'<dl class="note">{terms}</dl>'


def in_form(form: Form, value: object) -> str:
    """Returns a value in a format, as HTML."""
    return escape(form(value))


_CELLS: dict[str, Callable[[Row], str]] = {
    "risk_tier": lambda row: draw_tier(row["risk_tier"]),
    "customer_id": lambda row: link_customer(row["customer_id"]),
}
