"""A real Apache Kafka on loopback for tests and demonstrations: fetched, started, checked, stopped and tormented."""
