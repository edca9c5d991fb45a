package org.jpsbackup;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Moves bytes from the direct buffer that the native library fills into a stream. */
final class OutputPump {
    private final OutputStream stream;
    private byte[] bytes;

    OutputPump(OutputStream stream) {
        this.stream = stream;
    }

    void drain(ByteBuffer buffer, int count) throws IOException {
        if (bytes == null) {
            bytes = new byte[buffer.capacity()];
        }
        buffer.clear();
        buffer.get(bytes, 0, count);
        stream.write(bytes, 0, count);
    }
}
