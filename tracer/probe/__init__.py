"""What this kernel offers, and which hooks we take."""
