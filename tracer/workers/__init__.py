"""Processes beside the service, one module each, with no more rights than the work needs."""
