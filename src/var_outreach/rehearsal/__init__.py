"""Rehearses a year: the real pipeline on a moved clock, with simulated answers."""
