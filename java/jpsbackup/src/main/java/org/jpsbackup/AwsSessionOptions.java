package org.jpsbackup;

import java.util.Map;

/** A session that others may use: of a role, or, without one, a federation token of the asking user; every setter answers this object. */
public final class AwsSessionOptions {
    String role;
    String name;
    String externalId;
    Map<String, ?> policy;
    int seconds;

    /** The role's ARN. */
    public AwsSessionOptions role(String role) {
        this.role = role;
        return this;
    }

    /** 2 to 64 letters, digits and "=,.@-_"; default "jpsbackup". */
    public AwsSessionOptions name(String name) {
        this.name = name;
        return this;
    }

    /** With a role. */
    public AwsSessionOptions externalId(String externalId) {
        this.externalId = externalId;
        return this;
    }

    /** The session has no more rights than this gives; a federation token without one has none. */
    public AwsSessionOptions policy(Map<String, ?> policy) {
        this.policy = policy;
        return this;
    }

    /** 900 to 43,200 for a role (0: 3,600), to 129,600 for a token (0: 43,200). */
    public AwsSessionOptions seconds(int seconds) {
        this.seconds = StoreOptions.notNegative("number of seconds", seconds);
        return this;
    }
}
