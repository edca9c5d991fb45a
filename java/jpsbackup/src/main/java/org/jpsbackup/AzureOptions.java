package org.jpsbackup;

/**
 * Who asks Azure Resource Manager; every setter answers this object, and {@code null} is the default. The principal is, whole, the first
 * that is there of {@link #servicePrincipal}, {@link #principal}, AZURE_TENANT_ID and its kin, the machine's managed identity. Secrets are
 * kept as arrays, which {@link AzureAccounts#open} wipes: so one {@code AzureOptions} opens once.
 */
public final class AzureOptions {
    final Settings<AzureSetting> settings = new Settings<>("Azure", AzureSetting.class);
    int waitSeconds;
    int tries;

    /** Azure's auth file, or the secret whose {@code value} is that file (docs/formats.md). It is copied. */
    public AzureOptions principal(char[] principal) {
        settings.set(AzureSetting.PRINCIPAL, principal);
        return this;
    }

    /** The client alone says which of the machine's managed identities. The secret is copied. */
    public AzureOptions servicePrincipal(String tenant, String client, char[] clientSecret) {
        settings.set(AzureSetting.CLIENT_SECRET, clientSecret);
        return set(AzureSetting.TENANT, tenant).set(AzureSetting.CLIENT, client);
    }

    /** Default the principal's own, else AZURE_SUBSCRIPTION_ID. */
    public AzureOptions subscription(String subscription) {
        return set(AzureSetting.SUBSCRIPTION, subscription);
    }

    /** "https://host" of the login service; default the principal's, AZURE_AUTHORITY_HOST, else Azure's own. */
    public AzureOptions login(String login) {
        return set(AzureSetting.LOGIN, login);
    }

    /** "https://host" of Resource Manager; default the principal's, else Azure's own. */
    public AzureOptions manager(String manager) {
        return set(AzureSetting.MANAGER, manager);
    }

    /** PEM file; default where the system keeps it. */
    public AzureOptions caFile(String caFile) {
        return set(AzureSetting.CA_FILE, caFile);
    }

    /** "http://host:port"; default as HTTPS_PROXY and NO_PROXY say. */
    public AzureOptions proxy(String proxy) {
        return set(AzureSetting.PROXY, proxy);
    }

    /** "1.2" (default) or "1.3". */
    public AzureOptions tlsMinimum(String tlsMinimum) {
        return set(AzureSetting.TLS_MINIMUM, tlsMinimum);
    }

    /** For a call, with what Azure goes on with after its answer; 0 is 600. */
    public AzureOptions waitSeconds(int waitSeconds) {
        this.waitSeconds = StoreOptions.notNegative("number of seconds to wait", waitSeconds);
        return this;
    }

    /** Of each request; 0 is 8. */
    public AzureOptions tries(int tries) {
        this.tries = StoreOptions.notNegative("number of tries", tries);
        return this;
    }

    private AzureOptions set(AzureSetting setting, String value) {
        settings.set(setting, value);
        return this;
    }
}
