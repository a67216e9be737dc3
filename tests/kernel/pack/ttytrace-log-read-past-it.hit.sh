cat /var/log/ttytrace/log/000000000000.jsonl
