package org.jpsbackup;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/** One call into the native library: keeps what it uses open until it is over. */
final class Call implements AutoCloseable {
    private final Operation operation;
    private final boolean own;
    private final NativeHandle.Use operationUse;
    private final List<NativeHandle.Use> uses = new ArrayList<>(2);
    private final List<Object> users = new ArrayList<>(2);

    /** With {@code null} the call gets an operation of its own, so that closing its store can always cancel it. */
    Call(Operation given) {
        own = given == null;
        operation = own ? new Operation() : given;
        operationUse = operation.enter();
    }

    long operation() {
        return operationUse.address();
    }

    /** The store's address; {@code null} is 0. */
    long store(Store store) {
        return store == null ? 0 : handle(store.handle, store);
    }

    /** The address of a handle, which {@code user} alone holds. */
    long handle(NativeHandle handle, Object user) {
        NativeHandle.Use use = handle.enter(operation::cancel);
        uses.add(use);
        users.add(user);
        return use.address();
    }

    @Override
    public void close() {
        for (NativeHandle.Use use : uses) {
            use.close();
        }
        operationUse.close();
        if (own) {
            operation.close();
        }
        // Without this, the last reference could be gone during the call, and the Cleaner would take it for abandoned.
        Reference.reachabilityFence(operation);
        Reference.reachabilityFence(users);
    }
}
