package org.jpsbackup;

import java.util.Arrays;

/**
 * Where a store is, and with which credentials. Secrets are kept as arrays, which {@link Store#open} wipes: so one {@code StoreOptions}
 * opens one store.
 */
public final class StoreOptions {
    final String url;
    String endpoint;
    String region;
    String accessKey;
    String caFile;
    String serverSideEncryption;
    boolean virtualHost;
    int tries;
    int stallSeconds;
    private char[] secretKey;
    private char[] sessionToken;
    private boolean spent;

    private StoreOptions(String url) {
        this.url = url;
    }

    /** @param url "file:///dir" or "s3://" */
    public static Builder builder(String url) {
        return new Builder(url);
    }

    /** Gives the secrets out once; the caller wipes them. */
    char[][] takeSecrets() {
        if (spent) {
            throw new IllegalStateException("these store options have opened a store already; their secrets are gone");
        }
        spent = true;
        char[][] secrets = {secretKey, sessionToken};
        secretKey = null;
        sessionToken = null;
        return secrets;
    }

    /** Makes the options; used once. */
    public static final class Builder {
        private final StoreOptions options;

        private Builder(String url) {
            options = new StoreOptions(url);
        }

        /** S3: "http[s]://host[:port]"; default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS's for the region. */
        public Builder endpoint(String endpoint) {
            options.endpoint = endpoint;
            return this;
        }

        /** S3: default AWS_REGION, AWS_DEFAULT_REGION, else "us-east-1". */
        public Builder region(String region) {
            options.region = region;
            return this;
        }

        /** S3: default from the environment. The secret is copied; the caller wipes its own array. */
        public Builder credentials(String accessKey, char[] secretKey) {
            options.accessKey = accessKey;
            options.secretKey = secretKey == null ? null : secretKey.clone();
            return this;
        }

        /** S3: of temporary credentials. It is copied; the caller wipes its own array. */
        public Builder sessionToken(char[] sessionToken) {
            options.sessionToken = sessionToken == null ? null : sessionToken.clone();
            return this;
        }

        /** S3: PEM file; default AWS_CA_BUNDLE, else where the system keeps it. */
        public Builder caFile(String caFile) {
            options.caFile = caFile;
            return this;
        }

        /** S3: "AES256"; default what the bucket says. */
        public Builder serverSideEncryption(String serverSideEncryption) {
            options.serverSideEncryption = serverSideEncryption;
            return this;
        }

        /** S3: the bucket stands in the host name; default in the path. */
        public Builder virtualHost(boolean virtualHost) {
            options.virtualHost = virtualHost;
            return this;
        }

        /** Of each request; 0 is 8. */
        public Builder tries(int tries) {
            options.tries = notNegative("number of tries", tries);
            return this;
        }

        /** Below 1 KiB/s for so long fails a try; 0 is 60. */
        public Builder stallSeconds(int stallSeconds) {
            options.stallSeconds = notNegative("number of stall seconds", stallSeconds);
            return this;
        }

        public StoreOptions build() {
            return options;
        }
    }

    static void wipe(byte[] bytes) {
        if (bytes != null) {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    static void wipe(char[] chars) {
        if (chars != null) {
            Arrays.fill(chars, '\0');
        }
    }

    static int notNegative(String what, int value) {
        if (value < 0) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "the " + what + " is " + value, "give 0 for the default");
        }
        return value;
    }
}
