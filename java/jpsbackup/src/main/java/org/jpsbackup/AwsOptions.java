package org.jpsbackup;

/**
 * Who asks AWS, and where; every setter answers this object, and {@code null} is the default. Secrets are kept as arrays, which
 * {@link AwsAccount#open} wipes: so one {@code AwsOptions} opens one account.
 */
public final class AwsOptions {
    final Settings<AwsSetting> settings = new Settings<>("AWS", AwsSetting.class);
    int tries;

    /** Default AWS_REGION, AWS_DEFAULT_REGION, the profile's, else "us-east-1". */
    public AwsOptions region(String region) {
        return set(AwsSetting.REGION, region);
    }

    /** "http[s]://host[:port]" of all services; default AWS_ENDPOINT_URL_STS and its kin, AWS_ENDPOINT_URL, else AWS's own. */
    public AwsOptions endpoint(String endpoint) {
        return set(AwsSetting.ENDPOINT, endpoint);
    }

    /** Default AWS's chain from the environment on. The secret is copied; the caller wipes its own array. */
    public AwsOptions credentials(String accessKey, char[] secretKey) {
        settings.set(AwsSetting.SECRET_KEY, secretKey);
        return set(AwsSetting.ACCESS_KEY, accessKey);
    }

    /** Of temporary credentials. It is copied; the caller wipes its own array. */
    public AwsOptions sessionToken(char[] sessionToken) {
        settings.set(AwsSetting.SESSION_TOKEN, sessionToken);
        return this;
    }

    /** Of AWS's shared config and credentials files; default AWS_PROFILE. */
    public AwsOptions profile(String profile) {
        return set(AwsSetting.PROFILE, profile);
    }

    /** PEM file; default AWS_CA_BUNDLE, else where the system keeps it. */
    public AwsOptions caFile(String caFile) {
        return set(AwsSetting.CA_FILE, caFile);
    }

    /** "http://host:port"; default as HTTPS_PROXY and NO_PROXY say. */
    public AwsOptions proxy(String proxy) {
        return set(AwsSetting.PROXY, proxy);
    }

    /** "1.2" (default) or "1.3". */
    public AwsOptions tlsMinimum(String tlsMinimum) {
        return set(AwsSetting.TLS_MINIMUM, tlsMinimum);
    }

    /** Of each request; 0 is 8. */
    public AwsOptions tries(int tries) {
        this.tries = StoreOptions.notNegative("number of tries", tries);
        return this;
    }

    private AwsOptions set(AwsSetting setting, String value) {
        settings.set(setting, value);
        return this;
    }
}
