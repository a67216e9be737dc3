"""The canonical bytes of an event."""
