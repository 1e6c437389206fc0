"""One cluster in a folder of its own: its brokers as processes, found again by any later call through cluster.json."""
import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import uuid

from . import jars, settings, wire

READY_SECONDS_MAX = 300
STOP_SECONDS_MAX = 20
JVM = ["-XX:+UseSerialGC", "-Xss512k", "-XX:ReservedCodeCacheSize=96m", "-Djava.awt.headless=true",
       "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true",
       "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"]


class ClusterFault(Exception):
    """The cluster can't do what was asked of it; the text says why."""


def _is_broker(pid: int, folder: pathlib.Path) -> bool:
    """A pid may have been given to another program since: the command line tells. For a moment after its start there is none."""
    try:
        if command := pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
            return str(folder).encode() in command
        return _state_letter(pid) not in "ZX"
    except OSError:
        return False


def _state_letter(pid: int) -> str:
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def _uuid() -> str:
    """As Kafka writes them; like Kafka's own, never beginning with a dash, which would pass for an option."""
    text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return _uuid() if text.startswith("-") else text


class Cluster:
    """Not for several threads; several processes may look, one at a time may change."""

    def __init__(self, folder: str | os.PathLike):
        self.folder = pathlib.Path(folder).resolve()
        self._state = self.folder / "cluster.json"

    # -- what is known ---------------------------------------------------------------------------------------------------

    def exists(self) -> bool:
        return self._state.is_file()

    def known(self) -> dict:
        if not self.exists():
            raise ClusterFault(f"there is no cluster in {self.folder}; tools/kafka start --data {self.folder} makes one")
        return json.loads(self._state.read_text())

    def _remember(self, known: dict) -> None:
        fresh = self._state.with_suffix(".new")
        fresh.write_text(json.dumps(known, indent=2))
        fresh.rename(self._state)

    def nodes(self) -> range:
        return range(1, len(self.known()["ports"]) + 1)

    def broker_folder(self, node: int) -> pathlib.Path:
        return self.folder / f"broker-{node}"

    def pid(self, node: int) -> int | None:
        """None when the broker does not run."""
        try:
            pid = int((self.broker_folder(node) / "pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if _is_broker(pid, self.broker_folder(node)) else None

    def bootstrap(self, listener: str = "plain") -> str:
        return ",".join(f"127.0.0.1:{ports[listener]}" for ports in self.known()["ports"] if listener in ports)

    def state_of(self, node: int) -> str:
        pid = self.pid(node)
        if pid is None:
            return "down"
        if _state_letter(pid) == "T":
            return "paused"
        seen = wire.brokers_seen(self.known()["ports"][node - 1]["plain"])
        return f"up, sees {seen} brokers" if seen else "starting"

    # -- starting --------------------------------------------------------------------------------------------------------

    def make(self, brokers: int, heap_mb: int, secure: bool, extra: dict[str, str]) -> None:
        kinds = ["plain", "controller"] + (["secure", "mutual"] if secure else [])
        picked = settings.free_ports(brokers * len(kinds))
        ports = [dict(zip(kinds, picked[i * len(kinds):])) for i in range(brokers)]
        self.folder.mkdir(parents=True, exist_ok=True)
        credentials = self.folder / "credentials" if secure else None
        if credentials:
            settings.make_credentials(credentials)
        for node in range(1, brokers + 1):
            folder = self.broker_folder(node)
            (folder / "log").mkdir(parents=True)
            settings.write(folder / "server.properties", settings.properties(node, ports, folder, credentials, extra))
        self._format(brokers, credentials)
        self._remember({"ports": ports, "heap_mb": heap_mb})
        (self.folder / "bootstrap").write_text(self.bootstrap() + "\n")
        if secure:
            for listener in ("secure", "mutual"):
                (self.folder / f"bootstrap-{listener}").write_text(self.bootstrap(listener) + "\n")

    def _format(self, brokers: int, credentials: pathlib.Path | None) -> None:
        """Formatting takes a JVM of its own, so one broker's is done and the others get what differs."""
        cluster_id = _uuid()
        scram = []
        if credentials:
            password = (credentials / "password").read_text().strip()
            scram = ["--add-scram", f"SCRAM-SHA-512=[name={settings.USER},password={password}]"]
        first = self.broker_folder(1)
        self.command("kafka.tools.StorageTool", ["format", "-t", cluster_id, "-c", str(first / "server.properties"), *scram])
        for node in range(2, brokers + 1):
            folder = self.broker_folder(node)
            for file in (first / "log").iterdir():
                if file.name != "meta.properties" and file.is_file():
                    shutil.copy(file, folder / "log" / file.name)
            settings.write(folder / "log" / "meta.properties", {"version": "1", "cluster.id": cluster_id, "node.id": str(node), "directory.id": _uuid()})

    def run_broker(self, node: int) -> None:
        folder = self.broker_folder(node)
        heap = self.known()["heap_mb"]
        with open(folder / "broker.log", "ab") as log:
            process = subprocess.Popen(
                ["java", f"-Xms{heap // 2}m", f"-Xmx{heap}m", *JVM, "-cp", jars.classpath(), "kafka.Kafka", str(folder / "server.properties")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=folder)
        (folder / "pid").write_text(str(process.pid))

    def wait_until_ready(self, nodes: list[int], seconds: float = READY_SECONDS_MAX) -> None:
        """Every one of `nodes` sees the whole cluster and would serve an idempotent producer."""
        deadline = time.monotonic() + seconds
        ports = self.known()["ports"]
        for node in nodes:
            port = ports[node - 1]["plain"]
            while not (wire.brokers_seen(port) >= len(nodes) and wire.gives_producer_ids(port)):
                if self.pid(node) is None:
                    raise ClusterFault(f"broker {node} ended while it started:\n{self.log_tail(node)}")
                if time.monotonic() > deadline:
                    raise ClusterFault(f"broker {node} was not ready in {seconds:.0f} s:\n{self.log_tail(node)}")
                time.sleep(0.1)

    def log_tail(self, node: int) -> str:
        try:
            return (self.broker_folder(node) / "broker.log").read_text(errors="replace")[-2000:]
        except OSError:
            return "(no log)"

    # -- stopping --------------------------------------------------------------------------------------------------------

    def signal(self, node: int, number: int) -> None:
        pid = self.pid(node)
        if pid is None:
            raise ClusterFault(f"broker {node} does not run")
        os.kill(pid, number)

    def wait_until_gone(self, node: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.pid(node) is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def kill(self, node: int) -> None:
        self.signal(node, signal.SIGKILL)
        if not self.wait_until_gone(node, STOP_SECONDS_MAX):
            raise ClusterFault(f"broker {node} does not end")

    def stop(self, at_once: bool) -> None:
        running = [node for node in self.nodes() if self.pid(node) is not None]
        for node in running:
            self.signal(node, signal.SIGCONT)
            self.signal(node, signal.SIGKILL if at_once else signal.SIGTERM)
        for node in running:
            if not self.wait_until_gone(node, STOP_SECONDS_MAX) and self.pid(node) is not None:
                self.kill(node)

    # -- Kafka's own command-line classes ----------------------------------------------------------------------------------

    def command(self, java_class: str, arguments: list[str], capture: bool = True) -> str:
        done = subprocess.run(["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                               "-cp", jars.classpath(), java_class, *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if capture else None, stderr=subprocess.STDOUT if capture else None,
                              text=True, timeout=READY_SECONDS_MAX, check=False)
        if done.returncode != 0:
            raise ClusterFault(f"{java_class} exits {done.returncode}:\n{(done.stdout or '')[-2000:]}")
        return done.stdout or ""
