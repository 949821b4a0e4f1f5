"""What tests of several folders ask for."""

from tests.gateway_in_memory import serve

__all__ = ["serve"]
