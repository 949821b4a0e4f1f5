"""The way in: what is admitted, what goes to the rejected topic, and how that is sent again."""
