cd "${DRILL:?this is for a drill alone}" || exit
mkdir -p /tmp/ttytrace-pack && /bin/cp /bin/true /tmp/ttytrace-pack/tool
curl -fsS -o /tmp/ttytrace-pack/x http://127.0.0.1:9/x
chmod +x /tmp/ttytrace-pack/tool
/tmp/ttytrace-pack/tool
/bin/rm -r /tmp/ttytrace-pack
