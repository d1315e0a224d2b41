# SPDX-License-Identifier: Apache-2.0
"""What an operator does from the shell: accounts, backups, restores; and what a kill leaves behind."""

import os
import pty
import select
import sqlite3
import stat
import subprocess
from pathlib import Path

from devameet import Person
from dialects import DialectServer
from server import PROGRAM, Server


def parley(*arguments: object, text: str = "", status: int = 0) -> str:
    """Runs the program and gives what it said."""
    done = subprocess.run(
        [str(PROGRAM), *map(str, arguments)], input=text, capture_output=True, text=True, timeout=30)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_accounts_from_the_shell_beside_a_running_server(fragile_server: Server) -> None:
    data = ("--data", fragile_server.data)
    added = parley("user", "add", "ana@example.org", "--name", "Ana Sousa", "--role", "admin", *data,
                   text="correct horse\n")
    assert "as admin" in added
    credentials = {"email": "ana@example.org", "password": "correct horse"}
    assert fragile_server.request("POST", "/api/v1/tokens", credentials)[0] == 200
    assert "Ana Sousa" in parley("user", "list", *data)
    parley("user", "passwd", "ANA@example.org", *data, text="battery staple\n")
    assert fragile_server.request("POST", "/api/v1/tokens", credentials)[0] == 401
    credentials["password"] = "battery staple"
    assert fragile_server.request("POST", "/api/v1/tokens", credentials)[0] == 200
    parley("user", "remove", "ana@example.org", *data)
    assert parley("user", "list", *data) == ""
    assert fragile_server.request("POST", "/api/v1/tokens", credentials)[0] == 401


def test_a_password_is_no_argument(tmp_path: Path) -> None:
    said = parley("user", "add", "ana@example.org", "--name", "Ana", "--password", "x", "--data", tmp_path, status=64)
    assert "no option" in said
    assert "standard input" in parley("user", "passwd", "ana@example.org", "--data", tmp_path, status=64)


def test_a_password_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    def answer(*lines: str) -> tuple[str, int]:
        process, terminal = pty.fork()
        if process == 0:
            os.execv(PROGRAM, ["parley", "user", "add", "ana@example.org", "--name", "Ana", "--data", str(tmp_path)])
        said = ""
        for line in (*lines, None):
            while ": " not in said.rsplit("\n", 1)[-1] or line is None:
                if not select.select([terminal], [], [], 10)[0]:
                    break
                try:
                    text = os.read(terminal, 1000).decode()
                except OSError:  # it has ended
                    break
                said += text
            if line is not None:
                os.write(terminal, line.encode() + b"\n")
                said += "\n"
        _, status = os.waitpid(process, 0)
        os.close(terminal)
        return said, os.waitstatus_to_exitcode(status)

    said, status = answer("\x04")  # Ctrl-D
    assert status == 64 and "again" not in said
    said, status = answer("correct horse", "another horse")
    assert status == 64 and "not the same" in said
    said, status = answer("correct horse", "correct horse")
    assert status == 0 and "Added ana@example.org" in said
    assert "correct" not in said


def test_a_backup_of_a_running_server_is_put_back_after_more_was_said(fragile_server: Server, tmp_path: Path) -> None:
    data, file = ("--data", fragile_server.data), tmp_path / "backup.sqlite"
    kept = fragile_server.new_meeting()
    assert "checked" in parley("backup", file, *data)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "File exists" in parley("backup", file, *data, status=69)
    later = fragile_server.new_meeting()
    assert "another Parley is using" in parley("restore", file, *data, status=69)
    fragile_server.kill()
    said = parley("restore", file, *data)
    old = Path(said.split(" is now ")[1].strip().removesuffix("."))
    fragile_server.start()
    assert fragile_server.request("GET", f"/api/v1/meetings/{kept}")[0] == 200
    assert fragile_server.request("GET", f"/api/v1/meetings/{later}")[0] == 404
    assert old.parent == fragile_server.data and old.exists()


def test_nothing_foreign_is_restored(tmp_path: Path) -> None:
    data = tmp_path / "data"
    parley("user", "add", "ana@example.org", "--name", "Ana", "--data", data, text="correct horse")
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
    for file, words in [(foreign, "another program"), (Path(__file__), "not a database"),
                        (tmp_path / "none", "No such file")]:
        assert words in parley("restore", file, "--data", data, status=69)
    assert "ana@example.org" in parley("user", "list", "--data", data)
    assert sorted(path.name for path in data.iterdir()) == ["parley.lock", "parley.sqlite"]


def test_whatever_was_confirmed_survives_a_kill(tmp_path: Path) -> None:
    server = DialectServer(tmp_path, "killed", "devameet")
    server.start()
    try:
        url = server.url("devameet")
        ana = Person(url, "Ana")
        for number in range(5):
            meeting = ana.new_meeting(f"Meeting {number}")
            chair = {"name": f"chair_0{number}", "x": number, "y": 1, "zIndex": 1, "orientation": "left"}
            assert ana.put(f"/meet/{meeting['id']}", {"name": "Changed", "color": "#abc", "objects": [chair]})[0] == 200
            assert ana.put("/user", {"name": f"Ana {number}", "avatar": "avatar_02"})[0] == 200
            server.kill()
            server.start()
            assert ana.get("/user")[1]["name"] == f"Ana {number}"
            assert [found["name"] for found in ana.get("/meet")[1]] == ["Changed"] * (number + 1)
            assert ana.get(f"/meet/objects/{meeting['id']}")[1][0]["name"] == f"chair_0{number}"
    finally:
        server.stop()
