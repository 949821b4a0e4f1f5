"""Looks at everything that has to be right before events become numbers, and says what to do where it is not."""
