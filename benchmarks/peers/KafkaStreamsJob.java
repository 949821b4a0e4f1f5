// Kafka Streams: the processor API with windows in the keys of its stores, or its own hopping and tumbling windows.

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

public final class KafkaStreamsJob {
    static final int[] BOUNDS = {60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400};
    static final int CELL = 3 + BOUNDS.length + 1;
    static final String[] TABLES = {"campaigns", "reps"};
    static final Duration GRACE = Duration.ofHours(12); // partitions are not read in step: nothing may count as late
    static final JsonFactory JSON = new JsonFactory();
    static final AtomicLong left = new AtomicLong();
    static final AtomicBoolean begun = new AtomicBoolean();
    static final CountDownLatch done = new CountDownLatch(1);

    /** What of an event the two tables need. */
    static final class Call {
        long at;
        String campaign;
        String rep;
        String amd;
        int talkS;
        int delayS;
    }

    static Call read(byte[] value) {
        try (JsonParser parser = JSON.createParser(value)) {
            Call call = new Call();
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "at" -> call.at = parser.getLongValue();
                    case "campaign" -> call.campaign = parser.getText();
                    case "rep" -> call.rep = parser.getText();
                    case "amd" -> call.amd = parser.getText();
                    case "talk_s" -> call.talkS = parser.getIntValue();
                    case "delay_s" -> call.delayS = parser.getIntValue();
                    default -> parser.skipChildren();
                }
            }
            return call;
        } catch (java.io.IOException error) {
            throw new IllegalStateException(error);
        }
    }

    /** A cell is packed as its integers, one after the other. */
    static byte[] add(byte[] packed, Call call) {
        byte[] changed = packed == null ? new byte[CELL * 4] : packed.clone();
        ByteBuffer cell = ByteBuffer.wrap(changed);
        int bucket = Arrays.binarySearch(BOUNDS, call.delayS);
        bump(cell, 0, 1);
        bump(cell, 1, call.talkS >= 30 && call.amd.equals("human") ? 1 : 0);
        bump(cell, 2, call.talkS);
        bump(cell, 3 + (bucket >= 0 ? bucket : -bucket - 1), 1);
        return changed;
    }

    static void bump(ByteBuffer cell, int place, int by) {
        cell.putInt(place * 4, cell.getInt(place * 4) + by);
    }

    static void mark(String name) {
        long cpu = ((com.sun.management.OperatingSystemMXBean)
                        java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
        System.out.println("@mark {\"mark\": \"" + name + "\", \"cpu\": " + cpu / 1e9
                + ", \"wall\": " + System.nanoTime() / 1e9 + "}");
        System.out.flush();
    }

    static void did(long additions) {
        if (left.addAndGet(-additions) == 0) {
            mark("done");
            done.countDown();
        }
    }

    static void begin() {
        if (begun.compareAndSet(false, true)) {
            mark("ready");
        }
    }

    /** The processor API: both tables in one processor, the window in the key. */
    static final class Fold implements Processor<byte[], byte[], Void, Void> {
        private final long size;
        private KeyValueStore<String, byte[]> campaigns;
        private KeyValueStore<String, byte[]> reps;

        Fold(long size) {
            this.size = size;
        }

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            campaigns = context.getStateStore("campaigns");
            reps = context.getStateStore("reps");
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            begin();
            Call call = read(record.value());
            long window = call.at - call.at % size;
            String campaign = call.campaign + "|" + window;
            campaigns.put(campaign, add(campaigns.get(campaign), call));
            String rep = call.rep + "|" + window;
            reps.put(rep, add(reps.get(rep), call));
            did(2);
        }
    }

    static Topology processors(String topic, long size) {
        Topology topology = new Topology();
        topology.addSource("in", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), topic);
        topology.addProcessor("fold", () -> new Fold(size), "in");
        for (String table : TABLES) {
            topology.addStateStore(
                    Stores.keyValueStoreBuilder(
                                    Stores.persistentKeyValueStore(table), Serdes.String(), Serdes.ByteArray())
                            .withCachingEnabled(),
                    "fold");
        }
        return topology;
    }

    /** Its own windows: campaigns by the topic's key, reps through a repartition topic. */
    static Topology windows(String topic, long size, long hop) {
        TimeWindows times = TimeWindows.ofSizeAndGrace(Duration.ofMillis(size), GRACE)
                .advanceBy(Duration.ofMillis(hop));
        StreamsBuilder builder = new StreamsBuilder();
        Serde<String> text = Serdes.String();
        Serde<byte[]> bytes = Serdes.ByteArray();
        KStream<String, byte[]> calls = builder.stream(
                topic,
                Consumed.with(text, bytes).withTimestampExtractor((record, before) -> {
                    begin();
                    return read((byte[]) record.value()).at;
                }));
        calls.groupByKey(Grouped.with(text, bytes))
                .windowedBy(times)
                .aggregate(() -> (byte[]) null, (key, value, cell) -> counted(cell, value), stored("campaigns", size));
        calls.groupBy((key, value) -> read(value).rep, Grouped.with(text, bytes))
                .windowedBy(times)
                .aggregate(() -> (byte[]) null, (key, value, cell) -> counted(cell, value), stored("reps", size));
        return builder.build();
    }

    static byte[] counted(byte[] cell, byte[] value) {
        byte[] changed = add(cell, read(value));
        did(1);
        return changed;
    }

    static Materialized<String, byte[], WindowStore<Bytes, byte[]>> stored(String name, long size) {
        return Materialized.<String, byte[], WindowStore<Bytes, byte[]>>as(name)
                .withKeySerde(Serdes.String())
                .withValueSerde(Serdes.ByteArray())
                .withRetention(Duration.ofMillis(size).plus(GRACE).plusHours(12))
                .withCachingEnabled();
    }

    static void sum(Map<String, int[]> table, String key, byte[] packed) {
        int[] cell = table.computeIfAbsent(key, ignored -> new int[CELL]);
        ByteBuffer values = ByteBuffer.wrap(packed);
        for (int place = 0; place < CELL; place++) {
            cell[place] += values.getInt(place * 4);
        }
    }

    static Map<String, int[]> readStore(KafkaStreams streams, String name, boolean windowed) {
        Map<String, int[]> table = new HashMap<>();
        if (windowed) {
            var store = streams.store(
                    StoreQueryParameters.fromNameAndType(name, QueryableStoreTypes.<String, byte[]>windowStore()));
            try (KeyValueIterator<Windowed<String>, byte[]> all = store.all()) {
                while (all.hasNext()) {
                    KeyValue<Windowed<String>, byte[]> entry = all.next();
                    sum(table, entry.key.key() + "|" + entry.key.window().start(), entry.value);
                }
            }
        } else {
            var store = streams.store(
                    StoreQueryParameters.fromNameAndType(name, QueryableStoreTypes.<String, byte[]>keyValueStore()));
            try (KeyValueIterator<String, byte[]> all = store.all()) {
                while (all.hasNext()) {
                    KeyValue<String, byte[]> entry = all.next();
                    sum(table, entry.key, entry.value);
                }
            }
        }
        return table;
    }

    static void write(Path path, Map<String, Map<String, int[]>> tables) throws java.io.IOException {
        try (BufferedWriter out = Files.newBufferedWriter(path, StandardCharsets.UTF_8)) {
            String comma = "{";
            for (var table : tables.entrySet()) {
                out.write(comma + "\"" + table.getKey() + "\": [");
                String between = "";
                for (var entry : table.getValue().entrySet()) {
                    int cut = entry.getKey().lastIndexOf('|');
                    out.write(between + "[\"" + entry.getKey().substring(0, cut) + "\", "
                            + entry.getKey().substring(cut + 1) + ", " + Arrays.toString(entry.getValue()) + "]");
                    between = ",\n";
                }
                out.write("]");
                comma = ", ";
            }
            out.write("}");
        }
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> at = System.getenv();
        boolean windowed = arguments.length > 0 && arguments[0].equals("windows");
        long size = Long.parseLong(at.get("BENCH_SIZE_MS"));
        long hop = Long.parseLong(at.get("BENCH_HOP_MS"));
        Path folder = Path.of(at.get("BENCH_FOLDER"));
        left.set(2 * Long.parseLong(at.get("BENCH_EXPECT")) * (windowed ? size / hop : 1));
        Properties settings = new Properties();
        settings.put("application.id", at.get("BENCH_APP"));
        settings.put("bootstrap.servers", at.get("BENCH_BROKER"));
        settings.put("state.dir", folder.resolve("streams").toString());
        settings.put("auto.offset.reset", "earliest");
        settings.put("num.stream.threads", "1");
        settings.put("commit.interval.ms", "1000");
        settings.put("replication.factor", "1");
        String topic = at.get("BENCH_TOPIC");
        Topology topology = windowed ? windows(topic, size, hop) : processors(topic, size);
        try (KafkaStreams streams = new KafkaStreams(topology, settings)) {
            streams.start();
            done.await();
            Map<String, Map<String, int[]>> tables = new HashMap<>();
            for (String table : TABLES) {
                tables.put(table, readStore(streams, table, windowed));
            }
            write(folder.resolve("totals.json"), tables);
            mark("written");
        }
    }
}
