"""Says whose hand the input of a pane came from, and which command it became."""
