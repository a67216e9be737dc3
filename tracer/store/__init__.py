"""Where the stream rests: segments of sealed lines, and the index over them."""
