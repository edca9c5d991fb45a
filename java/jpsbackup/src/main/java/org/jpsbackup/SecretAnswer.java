package org.jpsbackup;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** A secret, and what else a call told, which is none. Closing it wipes the secret. */
public final class SecretAnswer implements AutoCloseable {
    private final Map<String, Object> account;
    private final char[] secret;

    /** Takes what a native call answers: {account, secret}. */
    SecretAnswer(byte[][] both) {
        try {
            account = Json.readObject(both[0]);
            CharBuffer decoded = StandardCharsets.UTF_8.decode(ByteBuffer.wrap(both[1]));
            secret = Arrays.copyOf(decoded.array(), decoded.limit());
            Arrays.fill(decoded.array(), '\0');
        } finally {
            Arrays.fill(both[1], (byte) 0);
        }
    }

    /** In the forms of docs/formats.md. */
    public Map<String, Object> account() {
        return account;
    }

    /** The array itself, which {@link #close()} wipes. */
    public char[] secret() {
        return secret;
    }

    @Override
    public void close() {
        Arrays.fill(secret, '\0');
    }
}
