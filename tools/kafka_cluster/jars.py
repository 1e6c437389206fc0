"""Jars, the broker's unless said otherwise: fetched once by Maven at pinned versions, held against pinned checksums, kept in the user's cache."""
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess

VERSION = "4.1.0"
HERE = pathlib.Path(__file__).resolve().parent
FETCH = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
FETCH_SECONDS_MAX = 600


class JarsMissing(Exception):
    """The jars can't be had, or are not those that were pinned."""


def cache_folder(name: str = "kafka") -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "granary" / f"{name}-{VERSION}"


def pinned(where: pathlib.Path = HERE) -> dict[str, str]:
    """File name to SHA-256."""
    lines = (where / "jars.sha256").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines if line.strip())}


def wrong_jars(folder: pathlib.Path, where: pathlib.Path = HERE) -> list[str]:
    def differs(name: str, digest: str) -> bool:
        file = folder / name
        return not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest
    return sorted(name for name, digest in pinned(where).items() if differs(name, digest))


def fetch(folder: pathlib.Path, where: pathlib.Path = HERE) -> None:
    fresh = folder.with_name(folder.name + f".{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        done = subprocess.run(
            ["mvn", "--batch-mode", "--quiet", "-f", str(where / "pom.xml"), FETCH, "-DincludeScope=runtime", f"-DoutputDirectory={fresh}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=FETCH_SECONDS_MAX, check=False)
        if done.returncode != 0:
            raise JarsMissing(f"Maven could not fetch the jars of {where / 'pom.xml'}:\n{done.stdout[-2000:]}")
        if wrong := wrong_jars(fresh, where):
            raise JarsMissing(f"these jars are not what {where / 'jars.sha256'} pins: {', '.join(wrong)}")
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def classpath(name: str = "kafka", where: pathlib.Path = HERE) -> str:
    """Fetches what is missing of the jars that `where` pins; several processes may ask at once."""
    folder = cache_folder(name) / "jars"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if wrong_jars(folder, where):
            fetch(folder, where)
    return ":".join(str(folder / jar) for jar in sorted(pinned(where)))
