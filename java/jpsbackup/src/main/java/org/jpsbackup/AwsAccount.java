package org.jpsbackup;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;

/**
 * An account on AWS: who asks, sessions with fewer rights, secrets in Secrets Manager, users with their keys and inline policies in IAM. May
 * be used from many threads at once. Each call takes an {@link Operation}, or {@code null}; accounts are maps in the forms of
 * docs/formats.md and hold no secret.
 */
public final class AwsAccount implements AutoCloseable {
    private final NativeHandle handle;

    private AwsAccount(AwsOptions options) {
        NativeLibrary.load();
        byte[][] settings = options.settings.take();
        try {
            handle = new NativeHandle(this, "AWS account", open(settings, options.tries), AwsAccount::close);
        } finally {
            Settings.wipe(settings);
        }
    }

    /**
     * Wipes the options' secrets.
     *
     * @throws JpsBackupException with {@link JpsBackupException.Code#ACCESS} where there are no keys
     */
    public static AwsAccount open(AwsOptions options) {
        return new AwsAccount(options);
    }

    /** Whose keys these are. */
    public Map<String, Object> identity(Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(identity(address(call), call.operation()));
        }
    }

    /** The secret is the content of a credentials file. */
    public SecretAnswer session(AwsSessionOptions options, Operation operation) {
        Objects.requireNonNull(options, "options");
        try (Call call = new Call(operation)) {
            return new SecretAnswer(session(address(call), call.operation(), Utf8.encode("role", options.role),
                    Utf8.encode("session's name", options.name), Utf8.encode("external id", options.externalId),
                    Json.write("policy", options.policy), options.seconds));
        }
    }

    /** The newest version of a secret's text. */
    public SecretAnswer secret(String name, Operation operation) {
        try (Call call = new Call(operation)) {
            return new SecretAnswer(secret(address(call), call.operation(), secretName(name)));
        }
    }

    /**
     * The caller wipes its own array.
     *
     * @throws JpsBackupException with {@link JpsBackupException.Code#CONFLICT} where there is one of this name, also in its days of grace
     */
    public Map<String, Object> createSecret(String name, char[] secret, Operation operation) {
        byte[] text = Utf8.encodeSecret("secret", Objects.requireNonNull(secret, "secret"));
        try (Call call = new Call(operation)) {
            return Json.readObject(createSecret(address(call), call.operation(), secretName(name), text));
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }

    /** A secret in its days of grace does not exist. */
    public boolean secretExists(String name, Operation operation) {
        try (Call call = new Call(operation)) {
            return secretExists(address(call), call.operation(), secretName(name));
        }
    }

    /** With 30 days of grace, in which AWS can bring it back; with {@code atOnce} there is no way back. */
    public void deleteSecret(String name, boolean atOnce, Operation operation) {
        try (Call call = new Call(operation)) {
            deleteSecret(address(call), call.operation(), secretName(name), atOnce);
        }
    }

    public Map<String, Object> createUser(String user, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(createUser(address(call), call.operation(), user(user)));
        }
    }

    public boolean userExists(String user, Operation operation) {
        try (Call call = new Call(operation)) {
            return userExists(address(call), call.operation(), user(user));
        }
    }

    /**
     * @param withOwn removes the user's keys and inline policies first
     * @throws JpsBackupException with {@link JpsBackupException.Code#CONFLICT} where the user still has keys, policies or groups
     */
    public void deleteUser(String user, boolean withOwn, Operation operation) {
        try (Call call = new Call(operation)) {
            deleteUser(address(call), call.operation(), user(user), withOwn);
        }
    }

    /** A new pair of keys; the secret is the content of a credentials file. */
    public SecretAnswer createKey(String user, Operation operation) {
        try (Call call = new Call(operation)) {
            return new SecretAnswer(createKey(address(call), call.operation(), user(user)));
        }
    }

    public boolean keyExists(String user, String accessKey, Operation operation) {
        try (Call call = new Call(operation)) {
            return keyExists(address(call), call.operation(), user(user), Utf8.required("access key", accessKey));
        }
    }

    public void deleteKey(String user, String accessKey, Operation operation) {
        try (Call call = new Call(operation)) {
            deleteKey(address(call), call.operation(), user(user), Utf8.required("access key", accessKey));
        }
    }

    /** Sets a user's inline policy; one of this name is replaced. */
    public void putPolicy(String user, String name, Map<String, ?> policy, Operation operation) {
        byte[] text = Json.write("policy", Objects.requireNonNull(policy, "policy"));
        try (Call call = new Call(operation)) {
            putPolicy(address(call), call.operation(), user(user), policyName(name), text);
        }
    }

    public boolean policyExists(String user, String name, Operation operation) {
        try (Call call = new Call(operation)) {
            return policyExists(address(call), call.operation(), user(user), policyName(name));
        }
    }

    public void deletePolicy(String user, String name, Operation operation) {
        try (Call call = new Call(operation)) {
            deletePolicy(address(call), call.operation(), user(user), policyName(name));
        }
    }

    /** Cancels what runs on this account and waits for its end. */
    @Override
    public void close() {
        handle.close();
    }

    private long address(Call call) {
        return call.handle(handle, this);
    }

    private static byte[] secretName(String name) {
        return Utf8.required("secret's name", name);
    }

    private static byte[] user(String user) {
        return Utf8.required("user", user);
    }

    private static byte[] policyName(String name) {
        return Utf8.required("policy's name", name);
    }

    private static native long open(byte[][] settings, int tries);

    private static native void close(long aws);

    private static native byte[] identity(long aws, long operation);

    private static native byte[][] session(long aws, long operation, byte[] role, byte[] name, byte[] externalId, byte[] policy, int seconds);

    private static native byte[][] secret(long aws, long operation, byte[] name);

    private static native byte[] createSecret(long aws, long operation, byte[] name, byte[] secret);

    private static native boolean secretExists(long aws, long operation, byte[] name);

    private static native void deleteSecret(long aws, long operation, byte[] name, boolean atOnce);

    private static native byte[] createUser(long aws, long operation, byte[] user);

    private static native boolean userExists(long aws, long operation, byte[] user);

    private static native void deleteUser(long aws, long operation, byte[] user, boolean withOwn);

    private static native byte[][] createKey(long aws, long operation, byte[] user);

    private static native boolean keyExists(long aws, long operation, byte[] user, byte[] accessKey);

    private static native void deleteKey(long aws, long operation, byte[] user, byte[] accessKey);

    private static native void putPolicy(long aws, long operation, byte[] user, byte[] name, byte[] policy);

    private static native boolean policyExists(long aws, long operation, byte[] user, byte[] name);

    private static native void deletePolicy(long aws, long operation, byte[] user, byte[] name);
}
