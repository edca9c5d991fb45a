package org.jpsbackup;

/** The texts that open an account on AWS, in the order in which the native library takes them. */
enum AwsSetting {
    REGION("region"),
    ENDPOINT("endpoint"),
    ACCESS_KEY("access key"),
    SECRET_KEY("secret key"),
    SESSION_TOKEN("session token"),
    PROFILE("profile"),
    CA_FILE("CA file"),
    PROXY("proxy"),
    TLS_MINIMUM("least TLS version");

    private final String what;

    AwsSetting(String what) {
        this.what = what;
    }

    /** For messages. */
    @Override
    public String toString() {
        return what;
    }
}
