"""Recordings of one terminal, wherever they come from, and the player's state over them."""
