"""The demo: a broker, a worker and a simulated floor on one machine, which are started and stopped together."""
