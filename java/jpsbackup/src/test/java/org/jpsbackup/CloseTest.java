package org.jpsbackup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jpsbackup.JpsBackupException.Code;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Handles that are closed at every odd moment, or not at all. Closing cannot be interrupted, so a thread of its own may hang. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CloseTest {
    private static final String BUCKET = "bucket";

    @TempDir
    Path directory;

    private Store open() {
        Store store = Store.open("file://" + directory);
        store.makeBucket(BUCKET, null);
        return store;
    }

    @Test
    void closed_handles_refuse_calls_and_close_again() {
        Store store = open();
        store.close();
        store.close();
        assertEquals("the store is closed",
                assertThrows(IllegalStateException.class, () -> store.stat(BUCKET, "key", null)).getMessage());
        assertThrows(IllegalStateException.class, () -> new Backups(store).list(BUCKET, null, null));
        assertThrows(IllegalStateException.class, () -> new Catalog(store, BUCKET, "c").list(null));
        try (Store open = open()) {
            Operation operation = new Operation();
            operation.close();
            operation.close();
            operation.cancel();
            assertThrows(IllegalStateException.class, () -> open.stat(BUCKET, "key", operation));
            assertThrows(IllegalStateException.class,
                    () -> new Backups(open).remove(new BackupName(BUCKET, "n", "2026-01-01T00:00:00", "auto"), new Catalog(store, BUCKET, "c"), null));
        }
    }

    @Test
    void closing_a_store_ends_what_runs_on_it() throws Exception {
        Store store = open();
        List<Throwable> ends = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String key = "key" + i;
            StreamsOfTests.Endless endless = new StreamsOfTests.Endless();
            Thread thread = new Thread(() -> ends.add(assertThrows(Throwable.class, () -> store.upload(endless, BUCKET, key, null, null))));
            thread.start();
            threads.add(thread);
            endless.started.await();
        }
        Thread second = new Thread(store::close);
        second.start();
        store.close();
        second.join();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(4, ends.size());
        for (Throwable end : ends) {
            assertEquals(Code.CANCELLED, assertInstanceOf(JpsBackupException.class, end).code());
        }
    }

    @Test
    void closing_an_operation_waits_for_its_call() throws Exception {
        try (Store store = open()) {
            Operation operation = new Operation();
            StreamsOfTests.Endless endless = new StreamsOfTests.Endless();
            AtomicReference<Throwable> end = new AtomicReference<>();
            Thread thread = new Thread(() -> end.set(assertThrows(Throwable.class, () -> store.upload(endless, BUCKET, "key", null, operation))));
            thread.start();
            endless.started.await();
            operation.close();
            thread.join();
            assertEquals(Code.CANCELLED, assertInstanceOf(JpsBackupException.class, end.get()).code());
        }
    }

    @Test
    void closing_from_inside_an_own_callback_is_refused() throws IOException {
        try (Store store = open(); Operation operation = new Operation()) {
            List<String> refusals = new ArrayList<>();
            InputStream closing = new ByteArrayInputStream(new byte[10]) {
                @Override
                public int read(byte[] into, int offset, int length) {
                    refusals.add(assertThrows(IllegalStateException.class, store::close).getMessage());
                    refusals.add(assertThrows(IllegalStateException.class, operation::close).getMessage());
                    refusals.add(assertThrows(IllegalStateException.class, () -> store.stat(BUCKET, "key", operation)).getMessage());
                    // Another operation on the same store is no trouble.
                    assertThrows(JpsBackupException.class, () -> store.stat(BUCKET, "none", null));
                    return super.read(into, offset, length);
                }
            };
            store.upload(closing, BUCKET, "key", null, operation);
            assertEquals("the store cannot be closed from inside a callback of its own call", refusals.get(0));
            assertEquals("the operation cannot be closed from inside a callback of its own call", refusals.get(1));
            assertEquals("the operation serves another call already", refusals.get(2));
            assertEquals(10, store.stat(BUCKET, "key", null).bytes());
        }
    }

    @Test
    void an_operation_serves_one_call_at_a_time() throws Exception {
        try (Store store = open(); Operation operation = new Operation()) {
            CountDownLatch started = new CountDownLatch(1);
            CountDownLatch end = new CountDownLatch(1);
            InputStream waiting = new ByteArrayInputStream(new byte[10]) {
                @Override
                public int read(byte[] into, int offset, int length) {
                    started.countDown();
                    CallbackTest.await(end);
                    return super.read(into, offset, length);
                }
            };
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread thread = new Thread(() -> {
                try {
                    store.upload(waiting, BUCKET, "key", null, operation);
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            thread.start();
            started.await();
            assertThrows(IllegalStateException.class, () -> store.stat(BUCKET, "key", operation));
            end.countDown();
            thread.join();
            assertEquals(null, failure.get());
            assertEquals(10, store.stat(BUCKET, "key", operation).bytes());
        }
    }

    @Test
    void calls_that_race_with_closing_never_crash() throws Exception {
        for (int round = 0; round < 50; round++) {
            Store store = open();
            List<Thread> threads = new ArrayList<>();
            List<Throwable> odd = Collections.synchronizedList(new ArrayList<>());
            for (int i = 0; i < 4; i++) {
                Thread thread = new Thread(() -> {
                    try {
                        while (true) {
                            store.list(BUCKET, "", null);
                        }
                    } catch (IllegalStateException e) {
                        // The end that is expected.
                    } catch (JpsBackupException e) {
                        if (e.code() != Code.CANCELLED) {
                            odd.add(e);
                        }
                    } catch (Throwable e) {
                        odd.add(e);
                    }
                });
                thread.start();
                threads.add(thread);
            }
            Thread.sleep(round % 5);
            store.close();
            for (Thread thread : threads) {
                thread.join();
            }
            assertTrue(odd.isEmpty(), odd::toString);
        }
    }

    /** Each operation holds an event descriptor, which shows whether abandoned ones are given back. */
    @Test
    void abandoned_operations_are_given_back() throws Exception {
        long before = descriptors();
        WeakReference<Operation> last = abandon(500);
        assertTrue(descriptors() >= before + 400, "operations hold no descriptors any more; count something else");
        for (int i = 0; i < 200 && descriptors() > before + 50; i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertEquals(null, last.get(), "an operation whose listener refers to it is never collected");
        assertFalse(descriptors() > before + 50, () -> "operations leak: " + before + " descriptors before");
    }

    private static WeakReference<Operation> abandon(int count) {
        Operation operation = null;
        for (int i = 0; i < count; i++) {
            // The listener refers back to its operation, as one that cancels would.
            Operation[] self = new Operation[1];
            self[0] = new Operation(progress -> self[0].cancel());
            operation = self[0];
        }
        return new WeakReference<>(operation);
    }

    /** The store in use is reachable from nothing but the call itself. */
    @Test
    void collection_during_a_call_leaves_it_alone() throws IOException {
        InputStream collecting = new ByteArrayInputStream(new byte[1 << 20]) {
            @Override
            public int read(byte[] into, int offset, int length) {
                System.gc();
                return super.read(into, offset, Math.min(length, 100_000));
            }
        };
        open().upload(collecting, BUCKET, "key", null, new Operation());
        try (Store store = open()) {
            assertEquals(1 << 20, store.stat(BUCKET, "key", null).bytes());
        }
    }

    private static long descriptors() {
        try (Stream<Path> all = Files.list(Paths.get("/proc/self/fd"))) {
            return all.count();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
