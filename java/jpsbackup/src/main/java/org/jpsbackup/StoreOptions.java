package org.jpsbackup;

/**
 * Where a store is, and with which credentials. Secrets are kept as arrays, which {@link Store#open} wipes: so one {@code StoreOptions}
 * opens one store.
 */
public final class StoreOptions {
    final String url;
    boolean virtualHost;
    boolean singleWriter;
    int tries;
    int stallSeconds;
    final Settings<StoreSetting> settings = new Settings<>("store", StoreSetting.class);

    private StoreOptions(String url) {
        this.url = url;
    }

    /** @param url "file:///dir", "s3://" or "azure://ACCOUNT" */
    public static Builder builder(String url) {
        return new Builder(url);
    }

    /** Makes the options; used once. */
    public static final class Builder {
        private final StoreOptions options;

        private Builder(String url) {
            options = new StoreOptions(url);
        }

        /** "http[s]://host[:port]"; S3: default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS's for the region. */
        public Builder endpoint(String endpoint) {
            return set(StoreSetting.ENDPOINT, endpoint);
        }

        /** S3: default AWS_REGION, AWS_DEFAULT_REGION, else "us-east-1". */
        public Builder region(String region) {
            return set(StoreSetting.REGION, region);
        }

        /** S3: of AWS's shared config and credentials files; default AWS_PROFILE. */
        public Builder profile(String profile) {
            return set(StoreSetting.PROFILE, profile);
        }

        /** S3: default AWS's chain from the environment on. The secret is copied; the caller wipes its own array. */
        public Builder credentials(String accessKey, char[] secretKey) {
            return set(StoreSetting.ACCESS_KEY, accessKey).set(StoreSetting.SECRET_KEY, secretKey);
        }

        /** S3: of temporary credentials. It is copied; the caller wipes its own array. */
        public Builder sessionToken(char[] sessionToken) {
            return set(StoreSetting.SESSION_TOKEN, sessionToken);
        }

        /** Azure: the account's key; default AZURE_STORAGE_KEY. It is copied; the caller wipes its own array. */
        public Builder accountKey(char[] accountKey) {
            return set(StoreSetting.ACCOUNT_KEY, accountKey);
        }

        /** Azure: a shared access signature; default AZURE_STORAGE_SAS_TOKEN. It is copied; the caller wipes its own array. */
        public Builder sas(char[] sas) {
            return set(StoreSetting.SAS, sas);
        }

        /** Azure: default AZURE_TENANT_ID and its kin, else the machine's managed identity. The secret is copied. */
        public Builder servicePrincipal(String tenant, String client, char[] clientSecret) {
            return set(StoreSetting.TENANT, tenant).set(StoreSetting.CLIENT, client).set(StoreSetting.CLIENT_SECRET, clientSecret);
        }

        /** What a grant gave: then it is all that signs requests. It is copied; the caller wipes its own array. */
        public Builder grants(char[] grants) {
            return set(StoreSetting.GRANTS, grants);
        }

        /** PEM file; default AWS_CA_BUNDLE, else where the system keeps it. */
        public Builder caFile(String caFile) {
            return set(StoreSetting.CA_FILE, caFile);
        }

        /** "http://host:port"; default as HTTPS_PROXY and NO_PROXY say. */
        public Builder proxy(String proxy) {
            return set(StoreSetting.PROXY, proxy);
        }

        /** "1.2" (default) or "1.3". */
        public Builder tlsMinimum(String tlsMinimum) {
            return set(StoreSetting.TLS_MINIMUM, tlsMinimum);
        }

        /** S3: "AES256" or "aws:kms"; default what the bucket says. */
        public Builder serverSideEncryption(String serverSideEncryption) {
            return set(StoreSetting.SERVER_SIDE_ENCRYPTION, serverSideEncryption);
        }

        /** S3: the key's id for "aws:kms"; default the account's own. */
        public Builder kmsKey(String kmsKey) {
            return set(StoreSetting.KMS_KEY, kmsKey);
        }

        /** S3: "STANDARD_IA" and the like; Azure: "Hot", "Cool"; default the store's. */
        public Builder storageClass(String storageClass) {
            return set(StoreSetting.STORAGE_CLASS, storageClass);
        }

        /** S3: "auto" (default), "always" or "never". */
        public Builder checksums(String checksums) {
            return set(StoreSetting.CHECKSUMS, checksums);
        }

        /** S3: the bucket stands in the host name; default in the path. */
        public Builder virtualHost(boolean virtualHost) {
            options.virtualHost = virtualHost;
            return this;
        }

        /** Nobody else writes: where the store has no conditional writes, they are compared here. */
        public Builder singleWriter(boolean singleWriter) {
            options.singleWriter = singleWriter;
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

        private Builder set(StoreSetting setting, String value) {
            options.settings.set(setting, value);
            return this;
        }

        private Builder set(StoreSetting setting, char[] value) {
            options.settings.set(setting, value);
            return this;
        }
    }

    static int notNegative(String what, int value) {
        if (value < 0) {
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "the " + what + " is " + value, "give 0 for the default");
        }
        return value;
    }
}
