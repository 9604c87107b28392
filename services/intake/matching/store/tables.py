"""The tables of matching, as intake's migrations leave them."""

from sqlalchemy import MetaData

META = MetaData(schema="intake")
