"""What a flow may be asked: the bounds of its parameters, where Prefect checks them and its pages show them."""

from datetime import date
from typing import Annotated

from pydantic import Field

Source = Annotated[str, Field(min_length=1, max_length=4096)]
"""A path, a folder or an address."""

Day = Annotated[date, Field(ge=date(2000, 1, 1))]
"""A business date; whether it lies in the future is asked when the run starts."""

Days = Annotated[int, Field(ge=1, le=3660)]
Version = Annotated[int, Field(ge=1)]
Trials = Annotated[int, Field(ge=1, le=1000)]
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
