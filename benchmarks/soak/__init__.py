"""A month of simulated days at full speed, with slow clients, scrapes and restarts beside it."""
