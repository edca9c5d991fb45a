package org.jpsbackup;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;

/** Texts on their way to and from the native library, which takes and gives UTF-8 that C can end with a NUL. */
final class Utf8 {
    private Utf8() {
    }

    /** {@code null} stays {@code null}. A text that cannot cross unchanged (NUL, half a character) is refused. */
    static byte[] encode(String what, String text) {
        return text == null ? null : encode(what, CharBuffer.wrap(text));
    }

    /** As {@link #encode(String, String)}; leaves no copy of a secret behind but the answer, which the caller wipes. */
    static byte[] encodeSecret(String what, char[] secret) {
        return secret == null ? null : encode(what, CharBuffer.wrap(secret));
    }

    private static byte[] encode(String what, CharBuffer text) {
        for (int i = text.position(); i < text.limit(); i++) {
            if (text.get(i) == '\0') {
                throw refused(what, "a NUL character");
            }
        }
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPORT).encode(text);
            byte[] bytes = Arrays.copyOf(encoded.array(), encoded.limit());
            Arrays.fill(encoded.array(), (byte) 0);
            return bytes;
        } catch (CharacterCodingException e) {
            throw refused(what, "half of a surrogate pair");
        }
    }

    static byte[][] encodeAll(String what, Collection<String> texts) {
        if (texts == null) {
            return null;
        }
        byte[][] all = new byte[texts.size()][];
        int i = 0;
        for (String text : texts) {
            all[i++] = required(what, text);
        }
        return all;
    }

    static byte[] required(String what, String text) {
        if (text == null) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "no " + what + " is given", "give one");
        }
        return encode(what, text);
    }

    /** Bytes that are no UTF-8 (a file's name in a message may hold some) become replacement characters. */
    static String decode(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static JpsBackupException refused(String what, String found) {
        return new JpsBackupException(JpsBackupException.Code.USAGE, "the " + what + " holds " + found, "give plain text");
    }
}
