package org.jpsbackup;

/** The texts that open a store, in the order in which the native library takes them. */
enum StoreSetting {
    ENDPOINT("endpoint"),
    REGION("region"),
    PROFILE("profile"),
    ACCESS_KEY("access key"),
    SECRET_KEY("secret key"),
    SESSION_TOKEN("session token"),
    ACCOUNT_KEY("account key"),
    SAS("shared access signature"),
    TENANT("tenant"),
    CLIENT("client"),
    CLIENT_SECRET("client secret"),
    GRANTS("grants"),
    CA_FILE("CA file"),
    PROXY("proxy"),
    TLS_MINIMUM("least TLS version"),
    SERVER_SIDE_ENCRYPTION("server-side encryption"),
    KMS_KEY("KMS key"),
    STORAGE_CLASS("storage class"),
    CHECKSUMS("use of checksums");

    private final String what;

    StoreSetting(String what) {
        this.what = what;
    }

    /** For messages. */
    @Override
    public String toString() {
        return what;
    }
}
