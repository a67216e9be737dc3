"""What is done about alerts once they are sealed: people are told, programs run, users stopped."""
