package org.jpsbackup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Moves bytes from a stream into the direct buffer that the native library reads from. */
final class InputPump {
    /** So often in a row may a stream answer 0 bytes, which no stream should, before it counts as broken. */
    private static final int EMPTY_READS_MAXIMUM = 100;

    private final InputStream stream;
    private byte[] bytes;

    InputPump(InputStream stream) {
        this.stream = stream;
    }

    /** How many bytes lie at the buffer's beginning now; 0 at the end of the stream. */
    int fill(ByteBuffer buffer) throws IOException {
        if (bytes == null) {
            bytes = new byte[buffer.capacity()];
        }
        for (int i = 0; i < EMPTY_READS_MAXIMUM; i++) {
            int count = stream.read(bytes, 0, bytes.length);
            if (count < 0) {
                return 0;
            }
            if (count > bytes.length) {
                throw new IOException("the input stream claims to have read " + count + " bytes into " + bytes.length);
            }
            if (count > 0) {
                buffer.clear();
                buffer.put(bytes, 0, count);
                return count;
            }
            Thread.yield();
        }
        throw new IOException("the input stream gave no bytes " + EMPTY_READS_MAXIMUM + " times in a row, and no end");
    }
}
