"""Installs the Python client of requirements.txt, held against its pinned checksums, into a virtual environment; does nothing, and touches no
network, when it is there. usage: install_client.py FOLDER"""
import hashlib
import pathlib
import shutil
import subprocess
import sys
import venv

INSTALL_SECONDS_MAX = 300
REQUIREMENTS = pathlib.Path(__file__).resolve().with_name("requirements.txt")


def main():
    folder = pathlib.Path(sys.argv[1])
    stamp = folder / "installed"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:",
                    "--require-hashes", "-r", str(REQUIREMENTS)], check=True, timeout=INSTALL_SECONDS_MAX)
    stamp.write_text(wanted)


main()
