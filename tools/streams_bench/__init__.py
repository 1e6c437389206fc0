"""Granary's rebuild of the order view beside a Kafka Streams topology that builds the same table; see `tools/bench streams`."""
