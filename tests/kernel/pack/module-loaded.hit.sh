insmod ./hide.ko
