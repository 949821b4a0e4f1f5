"""Readers of the files and feeds that a floor already has."""
