package org.jpsbackup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

/** Streams that the tests of transfers share. */
final class StreamsOfTests {
    private StreamsOfTests() {
    }

    static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    /** Gives random bytes without an end, and says when the first were taken. */
    static final class Endless extends InputStream {
        final CountDownLatch started = new CountDownLatch(1);
        private final byte[] block = bytes(1 << 16);
        private long given;

        @Override
        public int read() {
            throw new UnsupportedOperationException("single bytes");
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int count = Math.min(length, block.length);
            System.arraycopy(block, 0, into, offset, count);
            given += count;
            started.countDown();
            if (given > (1L << 34)) {
                throw new IllegalStateException("nothing ended this stream");
            }
            return count;
        }
    }

    /** Gives {@code before} bytes and then throws. */
    static InputStream throwing(int before, Throwable what) {
        return new InputStream() {
            private int left = before;

            @Override
            public int read() {
                throw new UnsupportedOperationException("single bytes");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (left == 0) {
                    raise(what);
                }
                int count = Math.min(length, left);
                left -= count;
                return count;
            }
        };
    }

    /** Takes {@code before} bytes and then throws. */
    static OutputStream throwingOutput(int before, Throwable what) {
        return new OutputStream() {
            private long taken;

            @Override
            public void write(int one) {
                throw new UnsupportedOperationException("single bytes");
            }

            @Override
            public void write(byte[] from, int offset, int length) throws IOException {
                taken += length;
                if (taken > before) {
                    raise(what);
                }
            }
        };
    }

    private static void raise(Throwable what) throws IOException {
        if (what instanceof IOException) {
            throw (IOException) what;
        }
        if (what instanceof Error) {
            throw (Error) what;
        }
        throw (RuntimeException) what;
    }
}
