"""The process that records: what it is made of, and the workers that it keeps."""
