"""The service under a long working day: panes, people, floods; and what it holds by then."""
