#!/bin/sh
# packaging/deb.sh OUT: make OUT/ttytrace_VERSION_ARCHITECTURE.deb. Installing it needs no network:
# all but BCC is inside, in a Python environment under /opt/ttytrace. COMPRESSION: of dpkg-deb.
set -eu
umask 022
out=$(realpath "$1")
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
home=$root/opt/ttytrace
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
architecture=$(dpkg --print-architecture)

# Debian's interpreter stays a link to /usr/bin/python3, so the environment may be moved.
/usr/bin/python3 -m venv --without-pip "$home"
.venv/bin/pip --python "$home/bin/python" install --quiet --disable-pip-version-check \
	--no-compile --no-input .
rm -f "$home"/bin/activate* "$home"/bin/Activate* "$home"/lib64
sed -i '/^command = /d' "$home/pyvenv.cfg"
find "$home" -name direct_url.json -delete
# No command but ours, and that one looks nowhere else for modules.
find "$home/bin" -type f ! -name ttytrace -delete
sed -i '1s|.*|#!/opt/ttytrace/bin/python -I|' "$home/bin/ttytrace"
# Nothing is compiled on the host, where /opt may be read-only for us.
/usr/bin/python3 -m compileall -q -s "$root" --invalidation-mode unchecked-hash "$home/lib"

install -D -m 644 packaging/ttytrace.service "$root/lib/systemd/system/ttytrace.service"
install -D -m 640 packaging/config.toml "$root/etc/ttytrace/config.toml"
install -d -m 755 "$root/etc/ttytrace/rules"
install -d "$root/usr/bin" "$root/usr/share/doc/ttytrace"
ln -s /opt/ttytrace/bin/ttytrace "$root/usr/bin/ttytrace"
cp README.md CHANGELOG.md docs/*.md "$root/usr/share/doc/ttytrace"
cat LICENSE tracer/export/player/README.md >"$root/usr/share/doc/ttytrace/copyright"

install -d "$root/DEBIAN"
cp packaging/deb/* "$root/DEBIAN"
sed -i "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/" "$root/DEBIAN/control"
mkdir -p "$out"
dpkg-deb --root-owner-group "-Z${COMPRESSION:-xz}" --build "$root" "$out/ttytrace_${version}_$architecture.deb"
