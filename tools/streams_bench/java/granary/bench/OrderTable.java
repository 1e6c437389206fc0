// A Kafka Streams topology that builds Granary's table of orders from Granary's own log topic, timed from its first record to its last.
package granary.bench;

import granary.envelope.Body;
import granary.envelope.Commit;
import granary.envelope.Record;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;

public final class OrderTable {
    private static final int HEADER_BYTES = 44;  // the frozen header in front of each record's body
    private static final int ORDER = 1, PAYMENT = 2, SHIPMENT = 4;  // kinds of streams that the view takes
    private static final String STORE = "orders";

    private OrderTable() { }

    /** The record's commit; null for a control record. */
    private static Commit commitOf(byte[] record) {
        final ByteBuffer body = ByteBuffer.wrap(record, HEADER_BYTES, record.length - HEADER_BYTES).slice();
        final Record found = Record.getRootAsRecord(body);
        return found.bodyType() == Body.Commit ? (Commit) found.body(new Commit()) : null;
    }

    private static boolean isTaken(Commit commit) {
        return commit != null && (commit.streamKind() == ORDER || commit.streamKind() == PAYMENT || commit.streamKind() == SHIPMENT);
    }

    private static Serde<OrderRow> rows() {
        final Serializer<OrderRow> write = (topic, row) -> row == null ? null : row.toBytes();
        final Deserializer<OrderRow> read = (topic, bytes) -> bytes == null ? null : OrderRow.fromBytes(bytes);
        return Serdes.serdeFrom(write, read);
    }

    /** Every change of a row goes to a topic of its own as well, as is usual, or only into RocksDB. */
    private static Materialized<String, OrderRow, KeyValueStore<Bytes, byte[]>> store(boolean changelog) {
        final Materialized<String, OrderRow, KeyValueStore<Bytes, byte[]>> store = Materialized.as(STORE);
        store.withKeySerde(Serdes.String()).withValueSerde(rows());
        return changelog ? store : store.withLoggingDisabled();
    }

    /** arguments: brokers, topic, records, guarantee, changelog or bare, threads, state folder, file for the rows */
    public static void main(String[] arguments) throws Exception {
        final long records = Long.parseLong(arguments[2]);
        final AtomicLong seen = new AtomicLong(), first = new AtomicLong(), last = new AtomicLong();
        final StreamsBuilder builder = new StreamsBuilder();
        builder.stream(arguments[1], Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .peek((key, value) -> {
                final long now = System.nanoTime();
                if (seen.getAndIncrement() == 0) first.set(now);
                last.set(now);
            })
            .mapValues(OrderTable::commitOf)
            .filter((key, commit) -> isTaken(commit))
            .groupByKey(Grouped.with(Serdes.String(), null))
            .aggregate(OrderRow::new, (key, commit, row) -> row.apply(commit), store(arguments[4].equals("changelog")));

        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings(arguments))) {
            streams.setUncaughtExceptionHandler(why -> {
                why.printStackTrace();
                return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
            });
            streams.start();
            while (seen.get() < records) {
                if (streams.state() == KafkaStreams.State.ERROR) System.exit(3);
                Thread.sleep(20);
            }
            final double seconds = (last.get() - first.get()) / 1e9;
            System.out.printf("{\"records\":%d,\"seconds\":%.3f,\"records_per_second\":%.0f}%n", seen.get(), seconds, seen.get() / seconds);
            writeRows(streams, Path.of(arguments[7]));
        }
    }

    private static Properties settings(String[] arguments) {
        final Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "order-table-" + System.nanoTime());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, arguments[3]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, arguments[5]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[6]);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, "3");
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, String.valueOf(256L << 20));  // of its default ten, most updates would go to the store one by one
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), "5000");
        return settings;
    }

    private static void writeRows(KafkaStreams streams, Path path) throws Exception {
        final var store = streams.store(StoreQueryParameters.fromNameAndType(STORE, QueryableStoreTypes.<String, OrderRow>keyValueStore()));
        try (PrintStream out = new PrintStream(Files.newOutputStream(path)); var all = store.all()) {
            all.forEachRemaining(entry -> out.println(entry.value.csv(entry.key)));
        }
    }
}
