"""The worker: a Faust app, its engine with exactly-once state, its metrics and its pages."""
