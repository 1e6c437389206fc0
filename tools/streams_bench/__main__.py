"""The comparison in one run: python3 -m streams_bench GRANARY DATA BROKERS, with a log of orders at rest in DATA."""
import csv
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from kafka_cluster import jars

HERE = pathlib.Path(__file__).resolve().parent
SCHEMAS = HERE.parents[1] / "schemas"
MESSAGES = ("values", "envelope", "orders", "payments", "delivery")
WAYS = (("at_least_once", "changelog"), ("exactly_once_v2", "changelog"), ("at_least_once", "bare"))  # bare: rows go into RocksDB only, as Granary's do
THREADS = 2
RUN_SECONDS_MAX = 1800


def run(*arguments, **more):
    done = subprocess.run([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=RUN_SECONDS_MAX, check=False, **more)
    if done.returncode != 0:
        sys.exit(f"streams_bench: {arguments[0]} {arguments[1]} exits {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def compile_topology(folder, classpath):
    """Classes of the messages, which flatc writes from Granary's own schemas, and the topology over them."""
    if not shutil.which("javac"):
        sys.exit("streams_bench: there is no Java compiler: apt-get install openjdk-17-jdk-headless")
    run("flatc", "--java", "-o", folder / "java", "-I", SCHEMAS, *(SCHEMAS / f"{name}.fbs" for name in MESSAGES))
    sources = [*(folder / "java").rglob("*.java"), *(HERE / "java").rglob("*.java")]
    run("javac", "-nowarn", "-d", folder / "classes", "-cp", classpath, *sources, stderr=subprocess.STDOUT)
    return f"{folder / 'classes'}:{classpath}"


class Comparison:
    def __init__(self, granary, data, brokers, folder):
        self.granary, self.data, self.brokers, self.folder = granary, data, brokers, folder
        self.topic = f"streams-bench-{int(time.time())}"
        self.kafka = ("--log", "kafka", "--kafka-brokers", brokers, "--topic", self.topic)
        counts = {row["what"]: int(row["count"]) for row in csv.DictReader(io.StringIO(run(granary, "log", "stats", "--data", data, "--format", "csv")))}
        self.records = sum(count for what, count in counts.items() if what.startswith("record ")) + counts["void records"]

    def rows_of_granary(self):
        """The rows of the view in the form that the topology prints."""
        exported = csv.DictReader(io.StringIO(run(self.granary, "export", "orders", "--data", self.data, "--format", "csv", stderr=subprocess.DEVNULL)))
        columns = ("id", "status", "total_amount", "line_count", "version", "payment_status", "shipment_status", "shipment_tracking_number")
        return sorted(",".join(row[name] for name in columns) for row in exported)

    def ours(self, what, *where):
        """Records a second of a rebuild into an empty store, its hashing included."""
        data = self.folder / f"ours-{what}"
        data.mkdir()
        if not where:
            (data / "log").symlink_to(pathlib.Path(self.data).resolve() / "log")
        report = json.loads(run(self.granary, "projection", "rebuild", "orders", "--data", data, "--parallel", THREADS, "--format", "json", *where, stderr=subprocess.DEVNULL))[0]
        shutil.rmtree(data)
        return report["records_per_second"]

    def streams(self, classpath, guarantee, changelog):
        rows = self.folder / f"{guarantee}-{changelog}.csv"
        said = run("java", "-Xmx2g", "-XX:+UseParallelGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", classpath, "granary.bench.OrderTable",
                   self.brokers, self.topic, self.records, guarantee, changelog, THREADS, self.folder / f"state-{guarantee}-{changelog}", rows)
        return json.loads(said)["records_per_second"], sorted(rows.read_text(encoding="utf-8").splitlines())


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="granary-streams-") as name:
        folder = pathlib.Path(name)
        classpath = compile_topology(folder, jars.classpath("streams", HERE))
        comparison = Comparison(*sys.argv[1:], folder)
        run(comparison.granary, "log", "copy", "--from", f"embedded:{comparison.data}", "--to", f"kafka:{comparison.brokers}/{comparison.topic}", stderr=subprocess.DEVNULL)
        expected = comparison.rows_of_granary()
        ours = {"embedded": comparison.ours("embedded"), "kafka": comparison.ours("kafka", *comparison.kafka)}
        print(f"{comparison.records} records, {len(expected)} orders, {THREADS} threads each")
        for where, rate in ours.items():
            print(f"granary projection rebuild orders, log {where:<9} {rate:>9} records a second")
        for guarantee, changelog in WAYS:
            rate, rows = comparison.streams(classpath, guarantee, changelog)
            same = "the same table" if rows == expected else "ANOTHER TABLE"
            print(f"Kafka Streams, {guarantee + ', ' + changelog:<26} {rate:>17} records a second, {same}: Granary is {ours['embedded'] / rate:.1f} times as fast from the embedded log, {ours['kafka'] / rate:.1f} times from Kafka", flush=True)
            if rows != expected:
                sys.exit(1)


if __name__ == "__main__":
    main()
