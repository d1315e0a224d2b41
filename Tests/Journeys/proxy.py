# SPDX-License-Identifier: Apache-2.0
"""Apache and nginx with the configuration files of `Examples/deploy`, on loopback ports, without touching the system's.

The files are used as they are, but for what is another place here: names, ports, folders and the certificate.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from server import RESULTS, ROOT, free_port

DEPLOY = ROOT / "Examples/deploy"
# Every name under localhost is this machine, for browsers without asking anybody.
DOMAIN = "localhost"

APACHE_MODULES = ["mpm_event", "authz_core", "alias", "dir", "mime", "rewrite", "ssl", "headers", "proxy", "proxy_http"]

APACHE = """
ServerRoot {work}
PidFile {work}/apache.pid
Mutex default:{work}
ErrorLog {log}
LogLevel warn
ServerName proxy.localhost
{modules}
{user}
TypesConfig /etc/mime.types
AddType text/javascript .js
AddType text/html .html
Listen 127.0.0.1:{http}
Listen 127.0.0.1:{https}
{site}
"""

NGINX = """
{user}
worker_processes 1;
daemon off;
pid {work}/nginx.pid;
error_log {log} warn;
events {{ worker_connections 512; }}
http {{
    types {{ text/html html; text/javascript js; }}
    access_log off;
    client_body_temp_path {work}/body;
    proxy_temp_path {work}/proxy;
    fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi;
    scgi_temp_path {work}/scgi;
    {site}
}}
"""


class Proxy:
    """One of the two in front of a Parley server that listens on `upstream`."""

    def __init__(self, kind: str, upstream: int):
        self.kind = kind
        self.upstream = upstream
        self.http, self.https = free_port(), free_port()
        # A folder that the proxy's own user may read, which those of the tests are not.
        self.work = Path(tempfile.mkdtemp(prefix=f"parley-{kind}-"))
        self.work.chmod(0o755)
        self.log = RESULTS / f"{kind}.log"
        self.process: subprocess.Popen | None = None

    @property
    def www(self) -> str:
        return f"https://www.{DOMAIN}:{self.https}"

    @property
    def api(self) -> str:
        return f"https://api.{DOMAIN}:{self.https}"

    def start(self) -> None:
        self.log.parent.mkdir(exist_ok=True)
        self.log.touch()
        shutil.copytree(DEPLOY / "www", self.work / "www")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
             "-subj", f"/CN=www.{DOMAIN}", "-addext", f"subjectAltName=DNS:www.{DOMAIN},DNS:api.{DOMAIN}",
             "-keyout", self.work / "privkey.pem", "-out", self.work / "fullchain.pem"],
            check=True, capture_output=True)
        configuration = self.work / "main.conf"
        configuration.write_text(self._apache() if self.kind == "apache" else self._nginx())
        command = (
            [program("apache2"), "-D", "FOREGROUND", "-f", configuration] if self.kind == "apache"
            else [program("nginx"), "-p", self.work, "-e", self.log, "-c", configuration])
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.kind} did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.https), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)
        shutil.rmtree(self.work, ignore_errors=True)

    def site(self) -> str:
        """The example with this machine's names, ports and folders."""
        text = (DEPLOY / self.kind / "parley.conf").read_text()
        replacements = [
            ("/var/www/www.example.org", f"{self.work}/www"), ("/etc/ssl/example.org", str(self.work)),
            ("127.0.0.1:8443", f"127.0.0.1:{self.upstream}"),
            ("*:80>", f"127.0.0.1:{self.http}>"), ("*:443>", f"127.0.0.1:{self.https}>"),
            ("listen 80;", f"listen 127.0.0.1:{self.http};"), ("listen 443 ssl;", f"listen 127.0.0.1:{self.https} ssl;"),
            ("example.org/\n", f"{DOMAIN}:{self.https}/\n"), ("https://$host$", f"https://$host:{self.https}$"),
            ("example.org", DOMAIN),
        ]
        for old, new in replacements:
            text = text.replace(old, new)
        assert not re.search(r"example\.org|/var/www|:8443|\*:80", text), text
        return text

    def _apache(self) -> str:
        folder = "/usr/lib/apache2/modules"
        modules = "\n".join(f"LoadModule {name}_module {folder}/mod_{name}.so" for name in APACHE_MODULES)
        user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
        return APACHE.format(
            work=self.work, log=self.log, modules=modules, user=user, http=self.http, https=self.https, site=self.site())

    def _nginx(self) -> str:
        user = f"user {pwd.getpwuid(0).pw_name};" if os.getuid() == 0 else ""
        return NGINX.format(work=self.work, log=self.log, user=user, site=self.site())


def program(name: str) -> str:
    """Debian keeps servers where only root looks."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is missing: scripts/install-test-tools"
    return found
