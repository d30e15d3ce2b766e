"""How an extract writes numbers: the signs between thousands and before decimals, and the text around them."""

import re
from dataclasses import dataclass

import polars as pl

_NUMBER = re.compile(r"(?P<before>[^\d]*)1(?P<group>[., '’\u00a0\u202f]?)234(?P<point>[.,])50(?P<after>[^\d]*)")


@dataclass(frozen=True)
class NumberForm:
    """How money is written.

    Attributes:
        before: the text before the digits, such as a currency sign.
        group: the sign between thousands; empty if there is none.
        point: the decimal sign.
        after: the text behind the digits.
        is_declared: False if only a decimal comma is agreed: 1.234 is then unclear, and 2.508,45 is not.
    """

    before: str
    group: str
    point: str
    after: str
    is_declared: bool = True

    @classmethod
    def read(cls, example: str) -> "NumberForm":
        """Returns the form of an example, which writes 1234.50 as the extract would."""
        found = _NUMBER.fullmatch(example)
        if found is None or found["group"] == found["point"]:
            raise ValueError(f'{example!r} does not write the number 1234.50, as "1\'234.50" and "1.234,50" do')
        return cls(found["before"].strip(), found["group"], found["point"], found["after"].strip())

    @property
    def example(self) -> str:
        """The number 1234.50 in this form."""
        return f"{self.before}1{self.group}234{self.point}50{self.after}"

    @property
    def pattern(self) -> str:
        """The pattern of a number in this form, without the text around it."""
        point = re.escape(self.point)
        whole = rf"-?\d+({point}\d+)?"
        if self.is_declared and not self.group:
            return f"^{whole}$"
        group = re.escape(self.group or ".")
        grouped = rf"-?\d{{1,3}}({group}\d{{3}})+"
        # Not declared: only a comma behind it, or a second point, shows that a point separates thousands.
        ends = f"({point}\\d+)?" if self.is_declared else f"({point}\\d+|{group}\\d{{3}})"
        return f"^({whole}|{grouped}{ends})$"


def plain_number(cells: pl.Expr, form: NumberForm) -> pl.Expr:
    """Returns money as 1234.50. A text of another form is no number, never a number of another size."""
    digits = cells.str.strip_prefix(form.before).str.strip_suffix(form.after).str.strip_chars()
    group = form.group or ("" if form.is_declared else ".")
    plain = digits.str.replace_all(group, "", literal=True) if group else digits
    plain = plain.str.replace(form.point, ".", literal=True)
    return pl.when(digits.str.contains(form.pattern)).then(plain).when(cells.is_not_null()).then(pl.lit("unclear"))
