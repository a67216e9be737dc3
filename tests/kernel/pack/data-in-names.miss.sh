dig example.org
dig _acme-challenge.example.org TXT
