"""tracer.redact.patterns"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.redact.patterns import BUILT_IN
from tracer.redact.secrets import Secrets
from tracer.settings import RedactSettings

SECRETS = Secrets(RedactSettings(), b"key of a test")
CANARY = b"hunter2canary"
TOKEN = "x7" * 20


def masked(*argv: str) -> list[str]:
    """The arguments that are told, with # for what was masked."""
    words = tuple(map(str.encode, argv))
    found = SECRETS.mask(words, words[0].rpartition(b"/")[2], False)
    told = list(found.argv) if found else list(words)
    for mask in found.masks if found else ():
        text = b"[masked %d bytes]" % mask.size
        told[mask.argument] = told[mask.argument].replace(text, b"#", 1)
    return [word.decode() for word in told]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["x", "--password=a b"], ["x", "--password=#"]),
        (["x", "--password", "a b"], ["x", "--password", "#"]),
        (["x", "--token", "a", "-v"], ["x", "--token", "#", "-v"]),
        (["x", "--secret=a"], ["x", "--secret=#"]),
        (["x", "--api-key", "a"], ["x", "--api-key", "#"]),
        (["x", "--set", "auth.adminPassword=a"], ["x", "--set", "auth.adminPassword=#"]),
        (["keytool", "-storepass", "a"], ["keytool", "-storepass", "#"]),
        (["docker", "run", "-e", "DB_PASS=a b", "i"], ["docker", "run", "-e", "DB_PASS=#", "i"]),
        (["env", "AWS_SECRET_ACCESS_KEY=a b", "c"], ["env", "AWS_SECRET_ACCESS_KEY=#", "c"]),
        (["env", "MYSQL_PWD=a", "GITHUB_TOKEN=b"], ["env", "MYSQL_PWD=#", "GITHUB_TOKEN=#"]),
        (["mysql", "-uroot", "-pa b", "db"], ["mysql", "-uroot", "-p#", "db"]),
        (["/usr/bin/mariadb", "-pa"], ["/usr/bin/mariadb", "-p#"]),
        (["sudo", "mysqldump", "-pa"], ["sudo", "mysqldump", "-p#"]),
        (["sshpass", "-p", "a b", "ssh", "h"], ["sshpass", "-p", "#", "ssh", "h"]),
        (["sshpass", "-pa", "ssh", "h"], ["sshpass", "-p#", "ssh", "h"]),
        (["docker", "login", "-p", "a"], ["docker", "login", "-p", "#"]),
        (["redis-cli", "-a", "a"], ["redis-cli", "-a", "#"]),
        (["ldapsearch", "-x", "-w", "a"], ["ldapsearch", "-x", "-w", "#"]),
        (["smbclient", "-U", "bob%a b"], ["smbclient", "-U", "bob%#"]),
        (["7z", "x", "-pa b", "f"], ["7z", "x", "-p#", "f"]),
        (["openssl", "rsa", "-passin", "pass:a b"], ["openssl", "rsa", "-passin", "pass:#"]),
        (["curl", "-u", "bob:a b", "u"], ["curl", "-u", "bob:#", "u"]),
        (["curl", "-su", "bob:a", "u"], ["curl", "-su", "bob:#", "u"]),
        (["curl", "-ubob:a", "u"], ["curl", "-ubob:#", "u"]),
        (["curl", "--user=bob:a", "u"], ["curl", "--user=bob:#", "u"]),
        (["curl", "-H", "Authorization: Bearer a.b"], ["curl", "-H", "Authorization: Bearer #"]),
        (["curl", "-H", "X-Auth-Token: a"], ["curl", "-H", "X-Auth-Token: #"]),
        (["curl", "-H", "Cookie: a=b; c=d"], ["curl", "-H", "Cookie: #"]),
        (["git", "clone", "https://bob:a:b@c@h/x"], ["git", "clone", "https://bob:#@h/x"]),
        (["x", "redis://:a@h:1/0"], ["x", "redis://:#@h:1/0"]),
        (["curl", "https://h/?access_token=a&x=1"], ["curl", "https://h/?access_token=#&x=1"]),
        (["curl", "https://h/?x=1&sig=a%2b"], ["curl", "https://h/?x=1&sig=#"]),
        (["x", f"ghp_{TOKEN}"], ["x", "#"]),
        (["x", f"a=glpat-{TOKEN},b"], ["x", "a=#,b"]),
        (["x", f"-txoxb-{TOKEN}"], ["x", "-t#"]),
        (["x", '{"user":"u", "password": "a b"}'], ["x", '{"user":"u", "password": "#"}']),
        (["psql", "-c", "alter u password 'a b'"], ["psql", "-c", "alter u password '#'"]),
    ],
)  # fmt: skip
def test_each_form_is_masked_and_nothing_else(argv, told):
    """In arguments of their own."""
    assert masked(*argv) == told


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("PGPASSWORD=a psql -c 'select 1'", "PGPASSWORD=# psql -c 'select 1'"),
        ("export A_TOKEN='a b'; ls", "export A_TOKEN='#'; ls"),
        ("export A_TOKEN=a; ls", "export A_TOKEN=#; ls"),
        ("mysql -uroot -p'a b' db", "mysql -uroot -p'#' db"),
        ("mysql -p\"a b\"c'd e' db", "mysql -p# db"),
        (r"mysql --password=a\ b db", "mysql --password=# db"),
        ("x --password a && y", "x --password # && y"),
        ("x --token 'a b' y", "x --token '#' y"),
        ("sshpass -p 'a b' ssh h", "sshpass -p '#' ssh h"),
        ("curl -u 'bob:a b' u", "curl -u 'bob:#' u"),
        ("curl -H 'Authorization: Bearer a' u", "curl -H 'Authorization: Bearer #' u"),
        ("bash -c \"mysql -pa\"; rm x", 'bash -c "mysql -p#"; rm x'),
        (r'bash -c "mysql -p\"a b\" x"', 'bash -c "mysql -p# x"'),
    ],
)  # fmt: skip
def test_a_script_is_looked_into(script, told):
    """A value ends as a word of the shell does, so what runs behind it stays to be read."""
    for shell in ("-c", "-lc", "-xec"):
        assert masked("sh", shell, script) == ["sh", shell, told]


@pytest.mark.parametrize(
    "argv",
    [
        ["ls", "-l", "/etc/passwd"],
        ["env", "PWD=/tmp", "OLDPWD=/"],
        ["ssh", "-p2222", "h"],
        ["docker", "run", "-p", "80:80", "i"],
        ["mysql", "--password", "-u", "root"],
        ["mysql", "--password", "--execute=drop table x"],
        ["x", "--password-file=/run/secrets", "--token-file", "/run/t"],
        ["docker", "login", "--password-stdin", "registry"],
        ["psql", "--no-password", "db"],
        ["curl", "-A", "Mozilla/5.0 (X11; rv:10)", "http://h:8080/a:b@c"],
        ["cat", "compass=1", "bypass=1"],
        ["git", "commit", "-m", "token handling, see the docs"],
        ["x", "--password="],
        ["7z", "x", "-p"],
    ],
)
def test_what_is_no_secret_stays(argv):
    """What was run must be readable."""
    assert masked(*argv) == argv


@given(
    st.lists(
        st.sampled_from(
            "password token secret = : -- -p -u mysql curl sshpass :// @ ? & ' \" \\ ; \0 a - "
            "Bearer eyJ . pass: % -U net authorization".split(" ")
        ),
        max_size=1200,
    )
)
def test_no_arguments_make_it_fail_or_run_on(parts):
    """Hostile arguments of 4 KiB: what is left has as many, and the sizes add up."""
    argv = tuple("".join(parts).encode()[:4096].split(b"\0"))
    found = SECRETS.mask(argv, b"x", True)
    if found is not None:
        kept = sum(map(len, argv)) - sum(mask.size for mask in found.masks)
        texts = sum(len(b"[masked %d bytes]" % mask.size) for mask in found.masks)
        assert len(found.argv) == len(argv)
        assert sum(map(len, found.argv)) == kept + texts


def test_names_are_not_used_twice():
    """`without` names one."""
    names = [pattern.name for pattern in BUILT_IN]
    assert len(set(names)) == len(names)
