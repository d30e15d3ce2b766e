"""Reads a declaration file, or a mapping file of an earlier release."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from churn.contracts.declaration import SHIPPED_COLUMNS, Core, Declaration, DeclaredSource
from churn.contracts.extract import KNOWN_WORDS
from churn.errors import WrongUsage
from churn.intake.declaration_file import PUBLIC_SOURCES, DeclarationFile, SinceSection
from churn.intake.extract_form import ChurnRules, ExtractForm
from churn.settings import Settings


def read_extract_form(path: Path | None) -> ExtractForm:
    """Reads a declaration file, or a mapping file of an earlier release; without a path nothing is mapped or declared.

    Raises:
        WrongUsage: the file does not exist, is not TOML, or has an entry that is not allowed; the message names the
            place.
    """
    if path is None:
        return ExtractForm()
    content = _read_toml(path)
    try:
        if {"core", "extract"} & set(content):
            return _as_extract_form(DeclarationFile.model_validate(content))
        return ExtractForm.model_validate(content)
    except ValidationError as error:
        raise _wrong_entry(path, error) from None


def read_declared(settings: Settings) -> Declaration:
    """Returns the declaration in force.

    Raises:
        WrongUsage: its file cannot be read, or has an entry that is not allowed.
    """
    return read_extract_form(settings.declaration_in_force).declaration


def adopt(settings: Settings, path: Path | None) -> ExtractForm:
    """Returns how an extract is read, and puts its declaration in force for this home.

    Args:
        settings: the settings of the product.
        path: a declaration, or a mapping file of an earlier release; None for the declaration in force.

    Raises:
        WrongUsage: the file cannot be read, nobody reviewed it, by it nobody can leave, or CHURN_DECLARATION names
            another one.
    """
    chosen = path or settings.declaration_in_force
    extract_form = read_extract_form(chosen)
    refuse_unreviewed(extract_form, chosen)
    refuse_without_label(extract_form, chosen)
    # A file that declares no column only says how this extract is written: it does not come into force.
    if path is None or extract_form.declaration.is_shipped:
        return extract_form
    if settings.declaration is not None and read_declared(settings) != extract_form.declaration:
        raise WrongUsage(
            f"CHURN_DECLARATION names {settings.declaration}, which differs from {path}.",
            "change CHURN_DECLARATION, or leave --declaration out.",
        )
    if path.resolve() != settings.kept_declaration:
        settings.home_dir.mkdir(parents=True, exist_ok=True)
        # Written aside, then renamed: a run that starts meanwhile reads the whole old file or the whole new one.
        partial = settings.kept_declaration.with_suffix(".partial")
        partial.write_bytes(path.read_bytes())
        partial.replace(settings.kept_declaration)
    return extract_form


def refuse_unreviewed(extract_form: ExtractForm, path: Path | None) -> None:
    """Refuses a declaration that nobody reviewed: its guesses may be wrong in ways that no figure shows.

    Raises:
        WrongUsage: reviewed_by is empty.
    """
    if not extract_form.declaration.is_shipped and not extract_form.declaration.reviewed_by.strip():
        raise WrongUsage(
            f"Nobody has reviewed the declaration {path}: reviewed_by in [extract] is empty.",
            'read every guess in it, correct it, and write reviewed_by = "NAME, DATE".',
        )


def refuse_without_label(extract_form: ExtractForm, path: Path | None) -> None:
    """Refuses a declaration by which nobody can ever be seen to leave. A draft may say so: its guesses are corrected.

    Raises:
        WrongUsage: every row is a customer of its own, and leavers are missing from a later extract.
    """
    core = extract_form.declaration.core
    if core is not None and not core.who and core.left.kind == "missing":
        raise WrongUsage(
            f"By the declaration {path} nobody can leave: every row is a customer of its own, and no later extract can "
            "lack one.",
            "name the column that says who left in [churn] left, or that of the customer number in [core] who.",
        )


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongUsage(
            f"The declaration {path} cannot be read: {error.strerror}.", "check the path of the declaration."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUsage(f"The declaration {path.name} is not TOML: {error}.", "correct that line.") from error


def _wrong_entry(path: Path, error: ValidationError) -> WrongUsage:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    problem = first["msg"].removeprefix("Value error, ")  # Pydantic puts this in front of our own messages.
    return WrongUsage(
        f"The declaration {path.name} has an entry that is not allowed at {place}: {problem}.",
        "correct that entry; data/README.md shows what a declaration may contain.",
    )


def _as_extract_form(file: DeclarationFile) -> ExtractForm:
    """Returns how the extract is read, and what it holds."""
    shipped = {name: column for name, column in file.columns.items() if column.shipped}
    left = file.churn.left.as_source()
    return ExtractForm(
        encoding=file.extract.encoding,
        decimal_comma=file.extract.decimal_comma,
        numbers=file.extract.numbers,
        tenure_unit=(file.core.since or _NO_TENURE).unit,
        churn_date_format=left.date_format if left.kind == "end_date" else None,
        columns={name: column.source or PUBLIC_SOURCES[name] for name, column in shipped.items()},
        values={name: column.words for name, column in shipped.items() if column.words and name in _WITH_WORDS},
        churn=ChurnRules(
            left={"missing": "absence", "end_date": "date"}.get(left.kind, "mark"),
            horizon_days=file.churn.horizon_days,
            horizon=file.churn.horizon,
            tolerance_days=file.churn.tolerance_days,
        ),
        declaration=_as_declaration(file),
    )


def _as_declaration(file: DeclarationFile) -> Declaration:
    """Returns what the extract holds."""
    shipped = {name: column for name, column in file.columns.items() if column.shipped}
    return Declaration(
        _as_core(file),
        tuple(name for name in SHIPPED_COLUMNS if name in shipped),
        tuple((name, word) for name, column in shipped.items() for word in column.new_words),
        tuple(column.as_own(name) for name, column in file.columns.items() if not column.shipped),
        file.extract.currency,
        file.extract.reviewed_by,
        tuple(
            DeclaredSource(name, source.begins, source.who or file.core.who, source.needed)
            for name, source in file.sources.items()
        ),
    )


def _as_core(file: DeclarationFile) -> Core:
    """Returns the facts of the core: who and who left; what each is worth and since when, if the extract says it."""
    who, since = file.core.who, file.core.since or _NO_TENURE
    return Core(
        () if who == ("row",) else who,
        file.churn.left.as_source(),
        file.core.value or (),
        since.tenure,
        since.unit,
        since.start_date,
        since.format,
    )


_WITH_WORDS = (*KNOWN_WORDS, "senior_citizen")
_NO_TENURE = SinceSection.model_construct()
"""Neither a tenure nor a start date; its unit does not matter then."""
