"""What a KPI means, in plain Python: time is an argument, nothing is imported but msgspec."""
