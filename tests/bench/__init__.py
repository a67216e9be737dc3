"""What tracing costs: ratios of times with and without, measured side by side in one run."""
