package org.jpsbackup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jpsbackup.JpsBackupException.Code;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Java code throws or answers in the middle of a native call. */
@Timeout(60)
class CallbackTest {
    private static final String BUCKET = "bucket";

    @TempDir
    Path directory;
    private Store store;

    @BeforeEach
    void open() {
        store = Store.open("file://" + directory);
        store.makeBucket(BUCKET, null);
    }

    @AfterEach
    void close() {
        store.close();
    }

    static List<Throwable> throwables() {
        return List.of(new IOException("disk gone"), new IllegalArgumentException("odd"), new StackOverflowError("deep"));
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void what_an_input_stream_throws_comes_out_itself(Throwable thrown) {
        for (int before : new int[] {0, 1000, 12 << 20}) {
            assertSame(thrown, assertThrows(Throwable.class,
                    () -> store.upload(StreamsOfTests.throwing(before, thrown), BUCKET, "key", null, null)));
        }
        assertTrue(store.list(BUCKET, "", null).isEmpty(), "an upload that failed left an object");
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void what_an_output_stream_throws_comes_out_itself(Throwable thrown) throws IOException {
        store.upload(new ByteArrayInputStream(new byte[12 << 20]), BUCKET, "key", null, null);
        for (int before : new int[] {0, 3 << 20}) {
            assertSame(thrown, assertThrows(Throwable.class,
                    () -> store.download(BUCKET, "key", StreamsOfTests.throwingOutput(before, thrown), null, null)));
        }
    }

    @Test
    void what_a_listing_consumer_throws_comes_out_itself() throws IOException {
        store.upload(new ByteArrayInputStream(new byte[1]), BUCKET, "key", null, null);
        RuntimeException thrown = new RuntimeException("enough");
        assertSame(thrown, assertThrows(RuntimeException.class, () -> store.list(BUCKET, "", info -> {
            throw thrown;
        }, null)));
    }

    @Test
    void what_a_progress_listener_throws_comes_out_itself() {
        RuntimeException thrown = new RuntimeException("not any more");
        try (Operation operation = new Operation(0, progress -> {
            throw thrown;
        }, 1)) {
            assertSame(thrown, assertThrows(RuntimeException.class,
                    () -> store.upload(new ByteArrayInputStream(new byte[40 << 20]), BUCKET, "key", null, operation)));
        }
        assertTrue(store.list(BUCKET, "", null).isEmpty(), "an upload that failed left an object");
    }

    @Test
    void progress_tells_how_far_it_is() throws IOException {
        List<Progress> events = new ArrayList<>();
        Thread caller = Thread.currentThread();
        try (Operation operation = new Operation(0, progress -> {
            assertSame(caller, Thread.currentThread());
            events.add(progress);
        }, 1)) {
            store.upload(new ByteArrayInputStream(new byte[20 << 20]), BUCKET, "Größe", null, operation);
        }
        assertFalse(events.isEmpty());
        Progress last = events.get(events.size() - 1);
        assertEquals("upload", last.phase());
        assertEquals(20 << 20, last.bytesDone(), last::toString);
        assertTrue(last.item().contains("Größe"), last::toString);
    }

    @Test
    void a_stream_of_small_pieces_and_some_empty_reads_is_whole() throws IOException {
        InputStream slow = new InputStream() {
            private int reads;

            @Override
            public int read() {
                throw new UnsupportedOperationException("single bytes");
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                reads++;
                if (reads > 3000) {
                    return -1;
                }
                return reads % 3 == 0 ? 1 : 0;
            }
        };
        store.upload(slow, BUCKET, "key", null, null);
        assertEquals(1000, store.stat(BUCKET, "key", null).bytes());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Integer.MAX_VALUE})
    void a_stream_that_gives_nothing_or_lies_fails(int answer) {
        InputStream broken = new InputStream() {
            @Override
            public int read() {
                throw new UnsupportedOperationException("single bytes");
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                return answer;
            }
        };
        IOException e = assertThrows(IOException.class, () -> store.upload(broken, BUCKET, "key", null, null));
        assertTrue(e.getMessage().startsWith("the input stream"), e::getMessage);
    }

    @Test
    void another_thread_cancels_an_upload() throws Exception {
        StreamsOfTests.Endless endless = new StreamsOfTests.Endless();
        try (Operation operation = new Operation()) {
            Thread other = new Thread(() -> {
                await(endless.started);
                operation.cancel();
            });
            other.start();
            JpsBackupException e =
                    assertThrows(JpsBackupException.class, () -> store.upload(endless, BUCKET, "key", null, operation));
            assertEquals(Code.CANCELLED, e.code());
            other.join();
            assertEquals(Code.CANCELLED, assertThrows(JpsBackupException.class,
                    () -> store.upload(new ByteArrayInputStream(new byte[1]), BUCKET, "key", null, operation)).code());
        }
        assertTrue(store.list(BUCKET, "", null).isEmpty(), "an upload that was cancelled left an object");
    }

    @Test
    void another_thread_cancels_a_download() throws Exception {
        store.upload(new ByteArrayInputStream(new byte[40 << 20]), BUCKET, "key", null, null);
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        OutputStream waiting = new OutputStream() {
            @Override
            public void write(int one) {
                throw new UnsupportedOperationException("single bytes");
            }

            @Override
            public void write(byte[] from, int offset, int length) {
                started.countDown();
                await(cancelled);
            }
        };
        try (Operation operation = new Operation()) {
            Thread other = new Thread(() -> {
                await(started);
                operation.cancel();
                cancelled.countDown();
            });
            other.start();
            assertEquals(Code.CANCELLED, assertThrows(JpsBackupException.class,
                    () -> store.download(BUCKET, "key", waiting, null, operation)).code());
            other.join();
        }
    }

    @Test
    void another_thread_cancels_a_command() throws Exception {
        try (Operation operation = new Operation()) {
            Thread other = new Thread(() -> {
                try {
                    Thread.sleep(300);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                operation.cancel();
            });
            other.start();
            assertEquals(Code.CANCELLED, assertThrows(JpsBackupException.class,
                    () -> store.putCommand(List.of("sleep", "50"), BUCKET, "key", null, operation)).code());
            other.join();
        }
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
