"""The codes a worker process ends with, by which its supervisor knows what to do."""

EX_OK = 0
EX_ENGINE = 70  # ended by rule: start again
EX_CONFIG = 78  # would end the same way again: say so and stop
