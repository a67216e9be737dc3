echo ./hook.so | tee /etc/ld.so.preload
