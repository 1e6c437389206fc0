"""What a broker of the cluster is told: server.properties, the ports it gets, and the certificate of a secured listener."""
import pathlib
import random
import secrets
import socket
import subprocess

PORTS = range(20000, 32000)  # under the ephemeral range, so that a killed broker finds its port free when it comes back
USER = "granary"


def free_ports(count: int) -> list[int]:
    taken: list[socket.socket] = []
    candidates = random.sample(PORTS, len(PORTS))
    try:
        while len(taken) < count:
            probe = socket.socket()
            taken.append(probe)
            try:
                probe.bind(("127.0.0.1", candidates.pop()))
            except OSError:
                taken.pop().close()
        return [probe.getsockname()[1] for probe in taken]
    finally:
        for probe in taken:
            probe.close()


def make_credentials(folder: pathlib.Path) -> None:
    """A certificate authority of its own, a server certificate for 127.0.0.1, and a password for SCRAM."""
    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    folder.mkdir(parents=True, exist_ok=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", "/CN=granary test authority", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "365", "-extfile", "names", "-out", "server.crt")
    (folder / "server.pem").write_text((folder / "server.key").read_text() + (folder / "server.crt").read_text())
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=granary", "-keyout", "client.key", "-out", "client.csr")
    openssl("x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "365", "-out", "client.pem")
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(16) + "\n")


def _secured(credentials: pathlib.Path) -> dict[str, str]:
    """Two listeners with TLS: one wants a password, the other a certificate."""
    password = (credentials / "password").read_text().strip()
    told = {
        "listener.name.secure.sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
        "listener.name.secure.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "listener.name.secure.plain.sasl.jaas.config":
            f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{password}";',
        "listener.name.mutual.ssl.client.auth": "required",
    }
    for prefix in ("listener.name.secure.", "listener.name.mutual."):
        told |= {
            prefix + "ssl.keystore.type": "PEM",
            prefix + "ssl.keystore.location": str(credentials / "server.pem"),
            prefix + "ssl.truststore.type": "PEM",
            prefix + "ssl.truststore.location": str(credentials / "ca.pem"),
        }
    return told


def properties(node: int, ports: list[dict], folder: pathlib.Path, credentials: pathlib.Path | None, extra: dict[str, str]) -> dict[str, str]:
    own = ports[node - 1]
    replicas = str(min(3, len(ports)))
    told = {
        "process.roles": "broker,controller",
        "node.id": str(node),
        "controller.quorum.voters": ",".join(f"{i}@127.0.0.1:{p['controller']}" for i, p in enumerate(ports, 1)),
        "listeners": f"PLAINTEXT://127.0.0.1:{own['plain']},CONTROLLER://127.0.0.1:{own['controller']}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL,MUTUAL:SSL",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(folder / "log"),
        "default.replication.factor": replicas,
        "min.insync.replicas": str(min(2, len(ports))),
        "unclean.leader.election.enable": "false",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # Small enough for three brokers beside a build.
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "num.recovery.threads.per.data.dir": "2",
        "log.cleaner.dedupe.buffer.size": "4194304",
        "log.index.size.max.bytes": "1048576",
    }
    if credentials:
        told["listeners"] += f",SECURE://127.0.0.1:{own['secure']},MUTUAL://127.0.0.1:{own['mutual']}"
        told |= _secured(credentials)
    return told | extra


def write(file: pathlib.Path, values: dict[str, str]) -> None:
    file.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
