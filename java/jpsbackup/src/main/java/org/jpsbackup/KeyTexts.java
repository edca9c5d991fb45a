package org.jpsbackup;

import java.util.List;

/** Keys on their way into one native call; closing wipes them. */
final class KeyTexts implements AutoCloseable {
    static final KeyTexts NONE = new KeyTexts();

    /** In the form that jni/keys.c reads: the passphrase or {@code null}, then the keys; {@code null} for none at all. */
    final byte[][] texts;

    private KeyTexts() {
        texts = null;
    }

    /** @param what names a key in messages */
    KeyTexts(String what, char[] passphrase, List<char[]> keys) {
        texts = new byte[1 + keys.size()][];
        try {
            texts[0] = Utf8.encodeSecret("passphrase", passphrase);
            for (int i = 0; i < keys.size(); i++) {
                texts[1 + i] = Utf8.encodeSecret(what, keys.get(i));
            }
        } catch (RuntimeException e) {
            Settings.wipe(texts);
            throw e;
        }
    }

    @Override
    public void close() {
        if (texts != null) {
            Settings.wipe(texts);
        }
    }
}
