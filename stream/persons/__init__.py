"""What is held of one person, and how it is erased."""
