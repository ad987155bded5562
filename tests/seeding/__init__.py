"""Rows for tests that need a whole site."""
