"""Other kernels: booted by virtme-ng, in software emulation, on a throw-away copy of this host."""
