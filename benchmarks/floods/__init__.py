"""Measures what floods of strangers and of junk cost, and what honest clients get beside them."""
