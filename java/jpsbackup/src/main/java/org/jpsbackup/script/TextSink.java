package org.jpsbackup.script;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jpsbackup.JpsBackupException;

/** Takes an object that a script reads as a text: bounded, and UTF-8 or refused. */
final class TextSink extends ByteArrayOutputStream {
    private static final int BYTES_MAXIMUM = 16 << 20;

    @Override
    public void write(byte[] bytes, int offset, int count) {
        if (count > BYTES_MAXIMUM - size()) {
            throw new JpsBackupException(JpsBackupException.Code.LIMIT, "the object is longer than " + (BYTES_MAXIMUM >> 20) + " MiB",
                    "get it with the command on a node instead");
        }
        super.write(bytes, offset, count);
    }

    String text() {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(buf, 0, count)).toString();
        } catch (CharacterCodingException e) {
            throw new JpsBackupException(JpsBackupException.Code.FORMAT, "the object is no text in UTF-8",
                    "ask for decompression, or get it with the command on a node instead");
        }
    }
}
