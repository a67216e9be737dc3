cat ./john
ls hashcat
