"""What is done about an alert once it is in the log: people are told, programs run, clients sent away."""
