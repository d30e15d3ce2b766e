"""Rows go into Postgres as they are: lists of words with quotes, commas and backslashes too."""

import polars as pl
import sqlalchemy as sa

from churn.settings import Settings
from churn.stores.postgres.copying import copy_in
from churn.stores.postgres.database import open_engine


def test_lists_of_words_arrive_as_they_left(settings: Settings) -> None:
    lists = [["a, b", 'say "no"'], ["back\\slash", "{braces}"], [], None, ["ä"]]
    table = sa.Table("words", sa.MetaData(), sa.Column("number", sa.Integer), sa.Column("words", sa.ARRAY(sa.Text)))
    table.schema = "ops"
    rows = pl.DataFrame({"number": range(5), "words": lists})

    with open_engine(settings).begin() as connection:
        connection.execute(sa.text("CREATE TABLE ops.words (number int, words text[])"))
        copy_in(connection, table, rows)
        found = connection.execute(sa.text("SELECT words FROM ops.words ORDER BY number")).scalars().all()

    assert found == lists
