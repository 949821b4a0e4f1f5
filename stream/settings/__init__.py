"""The settings: one file for each group of them, one model that has them all."""
