"""Alembic migrations, part of the package so that an installed copy can run them."""
