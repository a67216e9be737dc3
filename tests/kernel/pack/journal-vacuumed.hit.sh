journalctl --rotate --vacuum-time=1s
