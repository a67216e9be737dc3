"""Where findings end up, each sink with a queue and a worker of its own."""
