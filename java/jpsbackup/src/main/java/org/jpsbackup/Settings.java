package org.jpsbackup;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** The texts that open something, some of them secret: so they are kept as arrays, given out once, and wiped. */
final class Settings<E extends Enum<E>> {
    private final Class<E> kinds;
    private final String purpose;
    private final Map<E, char[]> texts;
    private boolean spent;

    /** @param purpose "store" and the like, for messages; the kinds tell their names there by {@code toString} */
    Settings(String purpose, Class<E> kinds) {
        this.purpose = purpose;
        this.kinds = kinds;
        texts = new EnumMap<>(kinds);
    }

    /** {@code null} takes it away. */
    void set(E kind, String text) {
        set(kind, text == null ? null : text.toCharArray());
    }

    /** Copies the text; {@code null} takes it away. */
    void set(E kind, char[] text) {
        char[] former = text == null ? texts.remove(kind) : texts.put(kind, text.clone());
        if (former != null) {
            Arrays.fill(former, '\0');
        }
    }

    /** Encodes all, by the order of their kinds, and wipes its own copies. Once; the caller wipes the answer. */
    byte[][] take() {
        if (spent) {
            throw new IllegalStateException("these " + purpose + " options were used already; their secrets are gone");
        }
        spent = true;
        byte[][] encoded = new byte[kinds.getEnumConstants().length][];
        try {
            texts.forEach((kind, text) -> encoded[kind.ordinal()] = Utf8.encodeSecret(kind.toString(), text));
        } catch (RuntimeException e) {
            wipe(encoded);
            throw e;
        } finally {
            texts.values().forEach(text -> Arrays.fill(text, '\0'));
            texts.clear();
        }
        return encoded;
    }

    static void wipe(byte[][] texts) {
        for (byte[] text : texts) {
            if (text != null) {
                Arrays.fill(text, (byte) 0);
            }
        }
    }
}
