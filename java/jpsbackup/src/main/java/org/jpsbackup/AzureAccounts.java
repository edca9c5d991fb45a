package org.jpsbackup;

import java.util.Map;

/**
 * Storage accounts on Azure: made, looked at, deleted, and their keys, by Azure Resource Manager. May be used from many threads at once.
 * Each call takes an {@link Operation}, or {@code null}; accounts are maps in the forms of docs/formats.md and hold no secret.
 */
public final class AzureAccounts implements AutoCloseable {
    private final NativeHandle handle;

    private AzureAccounts(AzureOptions options) {
        NativeLibrary.load();
        byte[][] settings = options.settings.take();
        try {
            handle = new NativeHandle(this, "Azure account", open(settings, options.waitSeconds, options.tries), AzureAccounts::close);
        } finally {
            Settings.wipe(settings);
        }
    }

    /**
     * Asks for a token at once, and wipes the options' secrets.
     *
     * @throws JpsBackupException with {@link JpsBackupException.Code#ACCESS} where it is refused
     */
    public static AzureAccounts open(AzureOptions options) {
        return new AzureAccounts(options);
    }

    /** Returns once it can be used. One that is there already in its group stays as it is: {@code created} is false then. */
    public Map<String, Object> create(AzureAccountOptions account, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(create(address(call), call.operation(), account.nameBytes(), account.groupBytes(),
                    Utf8.encode("location", account.location), Utf8.encode("SKU", account.sku), Utf8.encode("kind", account.kind)));
        }
    }

    /** The member {@code exists} says whether it is there. */
    public Map<String, Object> find(AzureAccountOptions account, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(find(address(call), call.operation(), account.nameBytes(), account.groupBytes()));
        }
    }

    /** Deletes the account and ALL that lies in it. */
    public void delete(AzureAccountOptions account, Operation operation) {
        try (Call call = new Call(operation)) {
            delete(address(call), call.operation(), account.nameBytes(), account.groupBytes());
        }
    }

    /** The member {@code available} says whether the account's name is free in all of Azure, others why not. */
    public Map<String, Object> checkName(String name, Operation operation) {
        try (Call call = new Call(operation)) {
            return Json.readObject(checkName(address(call), call.operation(), Utf8.required("account's name", name)));
        }
    }

    /** @param keyName {@code null} is "key1" */
    public SecretAnswer key(AzureAccountOptions account, String keyName, Operation operation) {
        try (Call call = new Call(operation)) {
            return new SecretAnswer(key(address(call), call.operation(), account.nameBytes(), account.groupBytes(),
                    Utf8.encode("key's name", keyName)));
        }
    }

    /** Cancels what runs on this handle and waits for its end. */
    @Override
    public void close() {
        handle.close();
    }

    private long address(Call call) {
        return call.handle(handle, this);
    }

    private static native long open(byte[][] settings, int waitSeconds, int tries);

    private static native void close(long azure);

    private static native byte[] create(long azure, long operation, byte[] name, byte[] group, byte[] location, byte[] sku, byte[] kind);

    private static native byte[] find(long azure, long operation, byte[] name, byte[] group);

    private static native void delete(long azure, long operation, byte[] name, byte[] group);

    private static native byte[] checkName(long azure, long operation, byte[] name);

    private static native byte[][] key(long azure, long operation, byte[] name, byte[] group, byte[] keyName);
}
