"""The table of rows that are cases already, as intake's migrations leave it."""

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects.postgresql import BYTEA, INTEGER, TEXT, UUID

from chassis.tables import required

META = MetaData(schema="intake")

FILE_ROWS = Table(
    "file_rows",
    META,
    Column("organisation", TEXT, primary_key=True),
    Column("row_key", BYTEA, primary_key=True),
    required("content", BYTEA),
    required("case_id", UUID),
    required("import_id", UUID),
    required("line", INTEGER),
)
