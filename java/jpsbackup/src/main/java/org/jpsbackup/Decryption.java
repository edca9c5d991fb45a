package org.jpsbackup;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What opens encrypted objects: a passphrase, identities (secret keys), or both, of which any may be the one. It may serve any number of
 * calls; closing it wipes them. Every setter answers this object.
 */
public final class Decryption implements AutoCloseable {
    private final List<char[]> identities = new ArrayList<>();
    private char[] passphrase;
    private boolean closed;

    /** Copied; {@code null} takes it away. */
    public Decryption passphrase(char[] passphrase) {
        char[] former = this.passphrase;
        this.passphrase = passphrase == null ? null : passphrase.clone();
        if (former != null) {
            Arrays.fill(former, '\0');
        }
        return this;
    }

    /** One more, "AGE-SECRET-KEY-1…"; copied. */
    public Decryption identity(char[] identity) {
        identities.add(identity.clone());
        return this;
    }

    @Override
    public void close() {
        closed = true;
        passphrase(null);
        for (char[] identity : identities) {
            Arrays.fill(identity, '\0');
        }
    }

    /** For a native call; the caller closes it. */
    static KeyTexts texts(Decryption decryption) {
        if (decryption == null) {
            return KeyTexts.NONE;
        }
        if (decryption.closed) {
            throw new IllegalStateException("this decryption is closed");
        }
        return new KeyTexts("identity", decryption.passphrase, decryption.identities);
    }
}
