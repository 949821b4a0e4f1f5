"""What every program logs: one line for an event, as text or JSON, and the end of a trouble as its beginning."""
