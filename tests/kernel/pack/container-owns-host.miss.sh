cd "${DRILL:?this is for a drill alone}" || exit
docker run --rm -v "$PWD":/src -w /src debian make
docker run -p 80:80 -v /srv/data:/data nginx
docker build -t app .
