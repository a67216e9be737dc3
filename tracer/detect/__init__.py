"""Rules: read from Sigma files, matched on the records of the log, told as alerts."""
