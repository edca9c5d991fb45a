package org.jpsbackup;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Which objects of one bucket are granted, and for how long; every setter answers this object. */
public final class GrantOptions {
    /** Stands for a grant to read, among the sizes of what may be written. */
    static final long READ = -1;

    final List<String> keys = new ArrayList<>();
    private final List<Long> sizes = new ArrayList<>();
    int seconds;
    String role;
    String tokenEndpoint;

    /** An object that may be read. */
    public GrantOptions read(String key) {
        return add(key, READ);
    }

    /** An object that may be put and read, and what a long stream goes on in. */
    public GrantOptions write(String key) {
        return add(key, 0);
    }

    /** The same for one of at most so many bytes: it decides how many requests are signed where a store has no sessions. */
    public GrantOptions write(String key, long bytes) {
        if (bytes < 0) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "the number of bytes is " + bytes, "give 0 where it is not known");
        }
        return add(key, bytes);
    }

    /** Default 43,200 (12 hours), less where the store allows less. */
    public GrantOptions seconds(int seconds) {
        this.seconds = StoreOptions.notNegative("number of seconds", seconds);
        return this;
    }

    /** S3: the ARN of the role to take on for it; default none. */
    public GrantOptions role(String role) {
        this.role = role;
        return this;
    }

    /** S3: of the token service; default AWS_ENDPOINT_URL_STS, else AWS's, else the store's own. */
    public GrantOptions tokenEndpoint(String tokenEndpoint) {
        this.tokenEndpoint = tokenEndpoint;
        return this;
    }

    long[] sizes() {
        return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    private GrantOptions add(String key, long bytes) {
        keys.add(Objects.requireNonNull(key, "key"));
        sizes.add(bytes);
        return this;
    }
}
