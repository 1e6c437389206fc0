"""The command line of tools/kafka."""
import argparse
import shutil
import signal
import subprocess
import sys
import time

from . import jars
from .cluster import Cluster, ClusterFault

ADMIN = {
    "topics": "org.apache.kafka.tools.TopicCommand",
    "configs": "kafka.admin.ConfigCommand",
    "leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
    "reassign-partitions": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
    "consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
    "delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
}


def start(arguments) -> int:
    began = time.monotonic()
    cluster = Cluster(arguments.data)
    if arguments.fresh:
        remove(cluster)
    if not cluster.exists():
        extra = dict(setting.split("=", 1) for setting in arguments.set)
        cluster.make(arguments.brokers, arguments.heap_mb, arguments.secure, extra)
    for node in cluster.nodes():
        if cluster.pid(node) is None:
            cluster.run_broker(node)
    cluster.wait_until_ready(list(cluster.nodes()))
    print(f"ready {cluster.bootstrap()}")
    print(f"tools/kafka: {len(cluster.nodes())} brokers of Apache Kafka {jars.VERSION} in {cluster.folder}, ready after "
          f"{time.monotonic() - began:.1f} s; stop them with: tools/kafka stop --data {arguments.data}", file=sys.stderr)
    return 0


def remove(cluster: Cluster) -> None:
    if cluster.exists():
        cluster.stop(at_once=True)
        shutil.rmtree(cluster.folder, ignore_errors=True)


def stop(arguments) -> int:
    cluster = Cluster(arguments.data)
    if arguments.remove:
        remove(cluster)
    else:
        cluster.stop(at_once=arguments.now)
    return 0


def status(arguments) -> int:
    cluster = Cluster(arguments.data)
    states = {node: cluster.state_of(node) for node in cluster.nodes()}
    for node, state in states.items():
        print(f"broker {node}: {state}")
    print(f"bootstrap {cluster.bootstrap()}")
    return 0 if all(state.startswith("up") for state in states.values()) else 1


def pause(arguments) -> int:
    Cluster(arguments.data).signal(arguments.node, signal.SIGSTOP)
    return 0


def resume(arguments) -> int:
    Cluster(arguments.data).signal(arguments.node, signal.SIGCONT)
    return 0


def kill(arguments) -> int:
    Cluster(arguments.data).kill(arguments.node)
    return 0


def restart(arguments) -> int:
    cluster = Cluster(arguments.data)
    if cluster.pid(arguments.node) is not None:
        cluster.kill(arguments.node)
    cluster.run_broker(arguments.node)
    cluster.wait_until_ready([arguments.node])
    return 0


def admin(arguments) -> int:
    cluster = Cluster(arguments.data)
    if arguments.tool not in ADMIN:
        raise ClusterFault(f"no such tool; there are {', '.join(sorted(ADMIN))}")
    cluster.command(ADMIN[arguments.tool], ["--bootstrap-server", cluster.bootstrap(), *arguments.rest], capture=False)
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="tools/kafka", description="Runs a real Apache Kafka on loopback: KRaft, three brokers that are controllers too, replication 3, "
        "min.insync.replicas 2. It picks free ports and keeps everything in a folder of its own, so any number of clusters run side by side.")
    verbs = made.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, run, about: str, node: bool = False):
        one = verbs.add_parser(name, help=about, description=about)
        one.add_argument("--data", default="data-kafka", help="the cluster's folder (default: ./data-kafka)")
        if node:
            one.add_argument("node", type=int, help="the broker's number, from 1")
        one.set_defaults(run=run)
        return one

    one = verb("start", start, "Starts the cluster, made when there is none; prints `ready BOOTSTRAP` when it takes records. Also in DATA/bootstrap")
    one.add_argument("--brokers", type=int, default=3, choices=range(1, 10), metavar="N")
    one.add_argument("--heap-mb", type=int, default=320, help="of each broker")
    one.add_argument("--secure", action="store_true", help="more listeners with TLS: DATA/bootstrap-secure takes SCRAM-SHA-512 or PLAIN, DATA/bootstrap-mutual a certificate; see DATA/credentials")
    one.add_argument("--fresh", action="store_true", help="first remove the cluster that is there, with its records")
    one.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="more settings of a cluster that is made now")
    one = verb("stop", stop, "Stops every broker")
    one.add_argument("--now", action="store_true", help="kill -9")
    one.add_argument("--remove", action="store_true", help="delete its folder as well; implies --now")
    verb("status", status, "What each broker does; exits 1 unless all are up")
    verb("pause", pause, "Stops one broker without ending it (SIGSTOP)", node=True)
    verb("continue", resume, "Lets a paused broker go on (SIGCONT)", node=True)
    verb("kill", kill, "Ends one broker at once (SIGKILL)", node=True)
    verb("restart", restart, "Starts one broker again, after a kill if it still runs, and waits until it is ready", node=True)
    one = verb("admin", admin, f"Runs one of Kafka's own tools against the cluster: {', '.join(sorted(ADMIN))}")
    one.add_argument("tool")
    one.add_argument("rest", nargs=argparse.REMAINDER)
    return made


def main() -> int:
    arguments = parser().parse_args()
    try:
        return arguments.run(arguments)
    except (ClusterFault, jars.JarsMissing, subprocess.SubprocessError, OSError) as fault:
        print(f"tools/kafka: {fault}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
