"""Writes Tableau data sources, one for each reporting view, from the settings. No file ever contains a password."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as Xml

from churn.contracts.measures import MEANINGS, find_kind
from churn.errors import WrongUsage
from churn.settings import Settings
from churn.stores.postgres.catalogue import ColumnNote
from churn.stores.postgres.readers import reading
from churn.stores.shown import marts

_KINDS = {
    "date": ("date", "dimension", "ordinal"),
    "timestamp with time zone": ("datetime", "dimension", "ordinal"),
    "boolean": ("boolean", "dimension", "nominal"),
    "bigint": ("integer", "measure", "quantitative"),
    "integer": ("integer", "measure", "quantitative"),
    "double precision": ("real", "measure", "quantitative"),
}
_AGGREGATIONS = {"additive": "Sum", "state": "Avg", "average": "Avg"}
"""What a drag into a view gives. A state summed over 30 days counts each customer 30 times."""


def write_sources(settings: Settings, folder: Path) -> list[Path]:
    """Writes one .tds file for each view of `marts.VIEWS`. Returns the paths.

    Raises:
        WrongUsage: the database is the embedded one. It does not listen on TCP, so Tableau cannot reach it.
        NotThere: no run has used the database yet.
    """
    if settings.database_url is None:
        raise WrongUsage(
            "The embedded database listens on a Unix socket only; Tableau cannot reach it.",
            "set CHURN_DATABASE_URL to a Postgres of your own, or write files with `churn export`.",
        )
    address = settings.database_url.get_secret_value()
    with reading(settings) as connection:
        columns = {view: marts.read_columns(connection, view) for view in marts.VIEWS}
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(describe_source(address, view, columns[view]), folder / f"churn_{view}.tds") for view in columns]


def _write(source: Xml.Element, path: Path) -> Path:
    Xml.indent(source)
    Xml.ElementTree(source).write(path, encoding="utf-8", xml_declaration=True)
    return path


def describe_source(address: str, view: str, columns: Sequence[ColumnNote]) -> Xml.Element:
    """Returns the data source of a view.

    Args:
        address: a postgresql:// address. Its user and password are left out: each reader logs in with their own.
        view: a view of `reporting`.
        columns: the name, type and meaning of each column.
    """
    caption = f"Churn: {view.replace('_', ' ')}"
    source = Xml.Element("datasource", {"formatted-name": f"churn_{view}", "caption": caption, "inline": "true"})
    source.set("version", "18.1")
    connection = Xml.SubElement(source, "connection", {"class": "federated"})
    named = Xml.SubElement(Xml.SubElement(connection, "named-connections"), "named-connection")
    named.attrib |= {"caption": _server(address), "name": "postgres.churn"}
    Xml.SubElement(named, "connection", _address(address))
    relation = {"connection": "postgres.churn", "name": view, "table": f"[reporting].[{view}]", "type": "table"}
    Xml.SubElement(connection, "relation", relation)
    for column in columns:
        source.append(_describe_column(view, column))
    return source


def _server(address: str) -> str:
    return urlsplit(address).hostname or "localhost"


def _address(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    return {
        "class": "postgres",
        "server": _server(address),
        "port": str(parts.port or 5432),
        "dbname": unquote(parts.path.lstrip("/")) or "churn",
        "schema": "reporting",
        "username": "",
        "authentication": "username-password",
        "sslmode": "require" if "sslmode=require" in parts.query else "",
    }


def _describe_column(view: str, column: ColumnNote) -> Xml.Element:
    """Returns a column with its caption, its unit, its meaning and how it may be added up."""
    measure = find_kind(view, column.name, column.type)
    datatype, role, kind = _kind(column.type)
    if measure == "label" and role == "measure":
        role, kind = "dimension", "ordinal"
    element = Xml.Element("column", {"name": f"[{column.name}]", "caption": _caption(column.name)})
    element.attrib |= {"datatype": datatype, "role": role, "type": kind}
    if role == "measure":
        element.set("aggregation", _AGGREGATIONS[measure])
        element.set("default-format", _format(column.name))
    run = Xml.SubElement(Xml.SubElement(Xml.SubElement(element, "desc"), "formatted-text"), "run")
    run.text = f"{column.meaning}. It {MEANINGS[measure]}." if role == "measure" else column.meaning
    return element


def _caption(name: str) -> str:
    """Returns the name in words, with the unit of money in brackets."""
    words = name.removesuffix("_usd").removesuffix("_count").replace("_", " ").capitalize()
    return f"{words} (USD)" if name.endswith("_usd") else words


def _format(name: str) -> str:
    """Returns Tableau's format of numbers: shares in per cent, money and counts without decimals."""
    if name.endswith(("_rate", "_share", "_probability")) or name == "probability_12m":
        return "p0.0%"
    return "n#,##0.0" if name.endswith(("_usd", "_months", "_score")) else "n#,##0"


def _kind(type_name: str) -> tuple[str, str, str]:
    if type_name.startswith("numeric"):
        return _KINDS["double precision"]
    return _KINDS.get(type_name, ("string", "dimension", "nominal"))
