"""Reads topics from their beginning with kafka-python, an implementation of the protocol that shares no code with Granary's."""
import time

from kafka import KafkaConsumer, TopicPartition

PATIENCE_SECONDS = 60


class TopicReader:
    """Follows all partitions of some topics; `poll` returns what came since."""

    def __init__(self, brokers, topics):
        self.consumer = KafkaConsumer(bootstrap_servers=brokers.split(","), enable_auto_commit=False, auto_offset_reset="earliest", client_id="another-system")
        self.partitions = [TopicPartition(topic, number) for topic in topics for number in self._partitions_of(topic)]
        self.consumer.assign(self.partitions)
        self.consumer.seek_to_beginning(*self.partitions)

    def _partitions_of(self, topic):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := self.consumer.partitions_for_topic(topic)):
            assert time.monotonic() < deadline, f"there is no topic {topic}"
            time.sleep(0.1)
        return sorted(found)

    def poll(self):
        batches = self.consumer.poll(timeout_ms=200)
        return [record for records in batches.values() for record in records]

    def at_the_end(self):
        ends = self.consumer.end_offsets(self.partitions)
        return all(self.consumer.position(partition) >= end for partition, end in ends.items())

    def close(self):
        self.consumer.close()


def read_all(brokers, topics):
    reader = TopicReader(brokers, topics)
    try:
        records = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            records += reader.poll()
            if reader.at_the_end():
                return records
            assert time.monotonic() < deadline, "the end of the topics does not come"
    finally:
        reader.close()
