"""The exit codes of a worker process, which tell its supervisor whether to start it again."""

EX_OK = 0
EX_ENGINE = 70  # the engine ended the process: start again
EX_CONFIG = 78  # it would end the same way again: do not start again
