"""Takes out of findings what may not be stored: typed bytes, and secrets in arguments."""
