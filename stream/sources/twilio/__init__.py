"""Twilio: callbacks of calls, each call's legs put together."""
