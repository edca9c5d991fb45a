package org.jpsbackup;

/** The texts that open Azure's storage accounts, in the order in which the native library takes them. */
enum AzureSetting {
    PRINCIPAL("service principal"),
    TENANT("tenant"),
    CLIENT("client"),
    CLIENT_SECRET("client secret"),
    SUBSCRIPTION("subscription"),
    LOGIN("login service's address"),
    MANAGER("manager's address"),
    CA_FILE("CA file"),
    PROXY("proxy"),
    TLS_MINIMUM("least TLS version");

    private final String what;

    AzureSetting(String what) {
        this.what = what;
    }

    /** For messages. */
    @Override
    public String toString() {
        return what;
    }
}
