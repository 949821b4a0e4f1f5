"""The whole job: a simulated floor's journeys, links and KPIs, by the worker that users run."""
