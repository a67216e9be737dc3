cd "${DRILL:?this is for a drill alone}" || exit
dig example.org
dig _acme-challenge.example.org TXT
