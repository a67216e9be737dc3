"""How secrets stand in the arguments of programs: the built-in patterns.

Invariant: each regex runs in time linear in what it is matched against, which is hostile.

They are matched against all arguments in one text, joined by NUL: so the next argument can be a
value, and the text of `sh -c` is looked into as the arguments of a program are. A value that is an
argument, or the rest of one, ends with it; inside a text it ends as a word of a shell does. In
doubt it is longer: too much is masked rather than too little. How: secrets.py.
"""

from __future__ import annotations

from typing import Final

from tracer.settings import SecretPattern

# Where an argument begins, and where one that is no script of a shell does (sh -c, bash -lc).
_ARGUMENT: Final = r"(?<![^\0])"
_NO_SCRIPT: Final = rf"{_ARGUMENT}(?<!-c\0)(?<!-[a-z]c\0)(?<!-[a-z][a-z]c\0)"
# Where a word within a text begins.
_WORD: Final = r"(?<=[\s'\"`(;&|])"

_REST: Final = r"([^\0]++)"
# (?>(?:a|b)+), not (?:a|b)++: before Python 3.11.5 that matches what it should not (gh-106052).
_BARE: Final = r"(?>(?:[^\s\0'\"&\\;]|;(?![\s\0'\"]|\Z)|\\[^\0'\"]|\\\Z)+)"
_QUOTED: Final = (
    r"""(?:'[^'\0]*+'?+|"(?>(?:[^"\\\0]|\\[^\0])*)"?+|\\+"[^"\0]*+"?+|\\+'[^'\0]*+'?+)"""
)
# A quote in a word may be the end of a string around it: not if the word goes on behind it.
_GOES_ON: Final = r"""(?=\\*+['"][^\s\0'";|&)\\,}\]])"""
# Behind a quote, these are JSON's.
_MORE: Final = rf"(?![,}}\]]){_BARE}"
_VALUE: Final = rf"((?:{_QUOTED}|{_BARE})(?>(?:{_MORE}|{_GOES_ON}{_QUOTED})*))"

# The value of a name with one of these is secret, unless it goes on to say that it is a file.
_NAME: Final = (
    r"(?i:passw(?:or)?d|passphrase|passcode|(?<![a-z])pass(?![a-z])|(?:store|key)pass(?![a-z])"
    r"|(?<=[_-])pwd(?![a-z])|secret|token|credentials?"
    r"|(?:api|access|private|auth|account|encryption|signing)[_-]?key)"
    r"(?:(?!(?i:file|path|stdin|prompt))[\w.-]){0,32}"
)
_OPTION: Final = rf"-{{1,2}}+(?!no-)[\w.-]{{0,32}}?{_NAME}"
_NO_OPTION: Final = r"(?!-[a-zA-Z-])"
_QUOTE: Final = r"""(?:\\?['"])?"""
_CURL_USER: Final = r"(?:-[#0-9aBfgGiIjJklLMnNOpqRsSvZ]{0,8}[uU]|--(?:proxy-)?user(?=[\0\s=]))"


def _short(option: str) -> str:
    """An option whose value follows in the same word or in the next."""
    return rf"{_ARGUMENT}{option}\0?{_REST}|{_WORD}{option}[ \t]{{0,8}}{_VALUE}"


def _attached(option: str) -> str:
    """An option whose value can only follow in the same word."""
    return rf"{_ARGUMENT}{option}{_REST}|{_WORD}{option}{_VALUE}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


BUILT_IN: Final = (
    # PGPASSWORD=x, --password=x; in texts also password = x, "password": "x", X-Auth-Token: x
    SecretPattern(
        "assignment",
        rf"{_NO_SCRIPT}[\w.-]{{0,64}}?{_NAME}={_REST}"
        rf"|{_NAME}{_QUOTE}(?:\s{{0,2}}=\s{{0,2}}|(?<=['\"])\s{{0,2}}:\s{{0,4}}|:\s{{1,4}}){_VALUE}",
    ),
    # --password x
    SecretPattern(
        "option",
        rf"{_ARGUMENT}{_OPTION}\0{_NO_OPTION}{_REST}"
        rf"|(?:{_ARGUMENT}|{_WORD}){_OPTION}[ \t]{{1,8}}{_NO_OPTION}{_VALUE}",
    ),
    SecretPattern("sql", r"(?i:\bpassword|\bidentified\s{1,4}by)\s{1,4}('[^'\0]*+'?+)"),
    SecretPattern(
        "authorization",
        rf"(?i:authorization{_QUOTE}\s{{0,2}}[:=]\s{{0,4}}{_QUOTE}"
        r"(?>(?:(?:bearer|basic|digest|token|negotiate|apikey)\s{1,4})?))([^\0'\"\n]++)"
        r"|(?i:\bbearer)\s{1,4}([\w.~+/=-]++)",
    ),
    SecretPattern("cookie", r"(?i:\bcookie)\s{0,2}:\s{0,4}([^\0'\"\n]++)"),
    # scheme://user:x@host
    SecretPattern("url-password", r"://[^\s\0/:@]{0,256}:([^\s\0/]+)@"),
    SecretPattern(
        "url-query",
        r"(?i)[?&](?:[\w-]{0,24}(?:signature|credential)|sig|key|auth|jwt|code)=([^&#\s\0'\"]++)",
    ),
    # What shows by its shape that it is one.
    SecretPattern(
        "token",
        r"gh[pousr]_\w{12,}+|github_pat_\w{12,}+|glpat-[\w-]{12,}+|xox[abeoprs]-[\w-]{8,}+"
        r"|xapp-[\w-]{8,}+|AIza[\w-]{16,}+|\bsk[-_][\w-]{16,}+|npm_\w{16,}+|pypi-[\w-]{16,}+"
        r"|\bhv[sb]\.[\w-]{16,}+|(?<![\w-])eyJ[\w-]{8,}+\.[\w.-]++"
        r"|-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^\0]*+",
    ),
    SecretPattern("openssl", _attached("pass:")),
    # -u user:x
    SecretPattern(
        "curl",
        rf"{_ARGUMENT}{_CURL_USER}[\0=]?[^\0:]{{0,256}}:{_REST}"
        rf"|{_WORD}{_CURL_USER}[ \t=]{{0,8}}(?:'[^'\0:]{{0,256}}:([^'\0]++)"
        rf"|\\*+\"[^\"\0:]{{0,256}}:([^\"\0]++)|[^\s\0:'\"]{{0,256}}:{_VALUE})",
        _words("curl"),
    ),
    SecretPattern(
        "mysql",
        _attached("-p"),
        _words(
            "mysql,mysqldump,mysqladmin,mysqlimport,mysqlshow,mysqlcheck,mysqlbinlog,"
            "mariadb,mariadb-dump,mariadb-admin,mariadb-import,mariadb-show,mariadb-check"
        ),
    ),
    SecretPattern("archive", _attached("-p"), _words("7z,7za,7zr,7zz,rar,unrar")),
    SecretPattern(
        "short-p",
        _short("-p"),
        _words("sshpass,mongo,mongosh,mongodump,mongorestore,docker login,podman login,az login"),
    ),
    SecretPattern(
        "short-P", _short("-P"), _words("zip,unzip,sqlcmd,mosquitto_pub,mosquitto_sub,ipmitool")
    ),
    SecretPattern(
        "ldap",
        _short("-w"),
        _words("ldapsearch,ldapadd,ldapmodify,ldapdelete,ldappasswd,ldapwhoami"),
    ),
    SecretPattern("redis", _short("-a"), _words("redis-cli")),
    # -U user%x
    SecretPattern(
        "samba",
        rf"{_ARGUMENT}-U\0?[^%\0]{{0,256}}%{_REST}|{_WORD}-U[ \t]{{0,8}}[^%\s\0]{{0,256}}%{_VALUE}",
        _words("smbclient,rpcclient,net"),
    ),
)
