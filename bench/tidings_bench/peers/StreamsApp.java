// Kafka Streams, one thread: the same rule over Avro's generic records, from topic to topic.
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

public final class StreamsApp {
    private static final int FRAME = 5; // bytes before the Avro body: magic 0 and the schema id

    public static void main(String[] args) throws Exception {
        String servers = args[0], group = args[1], source = args[2], target = args[3];
        Schema event = new Schema.Parser().parse(Files.readString(Path.of(args[4])));
        Schema draft = new Schema.Parser().parse(Files.readString(Path.of(args[5])));
        int draftId = Integer.parseInt(args[6]);
        String rule = args[7], version = args[8], state = args[9];

        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(source, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
            .process(() -> new Match(event, draft, draftId, rule, version))
            .to(target, Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));

        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, group);
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
        config.put(StreamsConfig.STATE_DIR_CONFIG, state);
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        config.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
        KafkaStreams streams = new KafkaStreams(builder.build(), config);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    /** One event: decode, `delay_minutes >= 30`, `flight:{flight}`, encode. */
    private static final class Match extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
        private final GenericDatumReader<GenericRecord> reader;
        private final GenericDatumWriter<GenericRecord> writer;
        private final Schema draftSchema;
        private final byte[] prefix;
        private final String rule, version;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        private GenericRecord reused;
        private BinaryDecoder decoder;
        private BinaryEncoder encoder;

        Match(Schema event, Schema draft, int draftId, String rule, String version) {
            this.reader = new GenericDatumReader<>(event);
            this.writer = new GenericDatumWriter<>(draft);
            this.draftSchema = draft;
            this.prefix = ByteBuffer.allocate(FRAME).put((byte) 0).putInt(draftId).array();
            this.rule = rule;
            this.version = version;
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            try {
                byte[] value = record.value();
                decoder = DecoderFactory.get().binaryDecoder(value, FRAME, value.length - FRAME, decoder);
                reused = reader.read(reused, decoder);
                if ((int) reused.get("delay_minutes") < 30) {
                    return;
                }
                String topic = "flight:" + reused.get("flight");
                byte[] draft = draft(topic, value, record.headers());
                byte[] key = topic.getBytes(StandardCharsets.UTF_8);
                context().forward(new Record<>(key, draft, record.timestamp(), new RecordHeaders()));
            } catch (java.io.IOException error) {
                throw new java.io.UncheckedIOException(error);
            }
        }

        private byte[] draft(String topic, byte[] value, Headers said) throws java.io.IOException {
            GenericRecord draft = new GenericData.Record(draftSchema);
            draft.put("rule", rule);
            draft.put("rule_version", version);
            draft.put("topic", topic);
            draft.put("event_id", text(said, "ce_id"));
            draft.put("event_source", text(said, "ce_source"));
            draft.put("event_type", text(said, "ce_type"));
            draft.put("event_subject", text(said, "ce_subject"));
            draft.put("event_time", OffsetDateTime.parse(text(said, "ce_time")).toInstant().toEpochMilli());
            draft.put("payload", ByteBuffer.wrap(value));
            out.reset();
            out.write(prefix);
            encoder = EncoderFactory.get().binaryEncoder(out, encoder);
            writer.write(draft, encoder);
            encoder.flush();
            return out.toByteArray();
        }

        private static String text(Headers said, String name) {
            return new String(said.lastHeader(name).value(), StandardCharsets.UTF_8);
        }
    }
}
