"""The way in: what is admitted, what is put aside as rejected, and how that is sent again."""
