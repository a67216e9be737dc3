"""A terminal without a terminal: bytes in, what they would show out."""
