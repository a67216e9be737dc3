"""Gets bytes out of the kernel: compiles and attaches bpf/, drains the rings."""
