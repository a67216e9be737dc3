"""Makes changes of the log show: the tree, the keys, the seals, and their verification."""
