package org.jpsbackup;

import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * An address in native memory that is given back exactly once, and never while a call uses it. It knows nothing of the object that
 * it belongs to, so that a {@link Cleaner} can hold it.
 */
final class NativeHandle {
    private static final Cleaner CLEANER = Cleaner.create();

    private final String what;
    private final LongConsumer free;
    private final List<Use> uses = new ArrayList<>();
    private long address;
    private boolean closing;

    /** One call's use of the handle; the address is valid until it is closed. */
    static final class Use implements AutoCloseable {
        private final NativeHandle handle;
        private final Thread thread = Thread.currentThread();
        private final Runnable cancel;

        private Use(NativeHandle handle, Runnable cancel) {
            this.handle = handle;
            this.cancel = cancel;
        }

        long address() {
            return handle.address;
        }

        @Override
        public void close() {
            synchronized (handle) {
                handle.uses.remove(this);
                handle.notifyAll();
            }
        }
    }

    /** {@code free} is called once, by {@link #close()} or after {@code owner} was collected. */
    NativeHandle(Object owner, String what, long address, LongConsumer free) {
        this.what = what;
        this.address = address;
        this.free = free;
        CLEANER.register(owner, this::close);
    }

    /** {@code cancel} ends the call soon; closing the handle runs it. */
    synchronized Use enter(Runnable cancel) {
        if (closing) {
            throw new IllegalStateException("the " + what + " is closed");
        }
        Use use = new Use(this, cancel);
        uses.add(use);
        return use;
    }

    synchronized Use enterAlone(Runnable cancel) {
        if (!closing && !uses.isEmpty()) {
            throw new IllegalStateException("the " + what + " serves another call already");
        }
        return enter(cancel);
    }

    /** Runs {@code action} with the address, unless it was given back; it must not wait. */
    synchronized void withAddress(LongConsumer action) {
        if (address != 0) {
            action.accept(address);
        }
    }

    /** Cancels and awaits the calls that use the handle, then gives it back. Further calls wait for the first and do nothing. */
    void close() {
        List<Use> running;
        synchronized (this) {
            for (Use use : uses) {
                if (use.thread == Thread.currentThread()) {
                    throw new IllegalStateException("the " + what + " cannot be closed from inside a callback of its own call");
                }
            }
            closing = true;
            running = new ArrayList<>(uses);
        }
        // Outside the lock: a store's uses cancel operations, which take locks of their own.
        for (Use use : running) {
            use.cancel.run();
        }
        boolean interrupted = false;
        synchronized (this) {
            while (!uses.isEmpty()) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (address != 0) {
                free.accept(address);
                address = 0;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
