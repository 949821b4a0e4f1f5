"""What flows and what it means: events, journeys, slices, KPIs, and the command."""
