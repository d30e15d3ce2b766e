"""Recognises files that arrive by mistake by their first bytes."""

from churn.errors import ContractBroken

_NOT_EXTRACTS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x7fELF": "a program",
    b"<": "a web page or XML",
    b"{": "JSON",
    b"[": "JSON",
}


def refuse_other_kinds(start: bytes, name: str) -> None:
    """Refuses a file whose first bytes show that it is no extract, and names its kind.

    Raises:
        ContractBroken: the file is of one of the kinds that arrive by mistake.
    """
    for magic, kind in _NOT_EXTRACTS.items():
        # White space may stand before XML and JSON (marks of one byte), never before the marks of binary files.
        if start.lstrip(b" \r\n\t" if len(magic) == 1 else b"").startswith(magic):
            raise ContractBroken(
                f"{name} is {kind}, not CSV, Parquet or an .xlsx workbook.",
                "export the customers as UTF-8 CSV, as Parquet or as .xlsx.",
            )
