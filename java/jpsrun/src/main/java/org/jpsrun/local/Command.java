package org.jpsrun.local;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jpsrun.platform.EnvironmentException;

/** Runs a program of the host, with no shell in between and an environment of its own. */
final class Command {
    /** Most that is kept of each output stream; a program that writes more is ended. */
    static final int MAX_OUTPUT_BYTES = 8 << 20;
    /** How long output is still awaited after the program's end: a daemon that it left may hold its streams open. */
    private static final long LINGER_MS = 1000;

    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    private Command() {}

    /** From now on, what runs when the runner is ended, by a signal too, ends with it. */
    static void endWithRunner() {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Command::end), "end of commands"));
    }

    static final class Result {
        final int status;
        final byte[] out;
        final byte[] err;

        Result(int status, byte[] out, byte[] err) {
            this.status = status;
            this.out = out;
            this.err = err;
        }

        String outText() {
            return withoutNewline(out);
        }

        String errText() {
            return withoutNewline(err);
        }

        private static String withoutNewline(byte[] bytes) {
            String text = new String(bytes, StandardCharsets.UTF_8);
            return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        }
    }

    /** Keeps what is written to it, up to a limit. */
    private static final class BoundedBuffer extends ByteArrayOutputStream {
        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            if (count + length > MAX_OUTPUT_BYTES) {
                throw new OutputTooLargeException();
            }
            super.write(bytes, offset, length);
        }
    }

    /** A program wrote more than {@link #MAX_OUTPUT_BYTES} to one of its streams. */
    static final class OutputTooLargeException extends RuntimeException {}

    static ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("LANG", "C.UTF-8");
        return builder;
    }

    /** Runs a program with this standard input and keeps its output. */
    static Result run(List<String> command, byte[] input) {
        BoundedBuffer out = new BoundedBuffer();
        BoundedBuffer err = new BoundedBuffer();
        int status = run(command, new java.io.ByteArrayInputStream(input), out, err);
        return new Result(status, out.toByteArray(), err.toByteArray());
    }

    /** Runs a program of the host that has to succeed. */
    static void require(String purpose, List<String> command, String input) {
        Result result = run(command, input.getBytes(StandardCharsets.UTF_8));
        if (result.status != 0) {
            throw new EnvironmentException("cannot " + purpose + ": " + result.errText().trim() + " (exit status "
                    + result.status + ")", "nodes need root's rights and the packages that scripts/install-packages.sh installs");
        }
    }

    /**
     * Runs a program between these streams; none of them is closed.
     *
     * @return its exit status, 128 plus the signal's number when a signal ended it
     */
    static int run(List<String> command, InputStream in, OutputStream out, OutputStream err) {
        Process process;
        try {
            process = builder(command).start();
        } catch (IOException e) {
            throw new EnvironmentException("cannot run '" + command.get(0) + "': " + e.getMessage(),
                    "install what scripts/install-packages.sh lists", e);
        }
        RUNNING.add(process);
        Copy output = new Copy(process.getInputStream(), out, process);
        Copy errors = new Copy(process.getErrorStream(), err, process);
        // Ends by itself: at the input's end, or when the program no longer reads.
        new Copy(in, process.getOutputStream(), null).startThread("input of a command", true);
        output.startThread("output of a command", false);
        errors.startThread("errors of a command", false);
        try {
            int status = process.waitFor();
            output.await();
            errors.await();
            return status;
        } catch (InterruptedException e) {
            end(process);
            Thread.currentThread().interrupt();
            throw new EnvironmentException("cancelled", null, e);
        } finally {
            RUNNING.remove(process);
        }
    }

    /** Ends what a process started (the program on a node is a grandchild), and it too if it does not follow. */
    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        try {
            // nsenter collects its child and ends; killed first, it would leave a dead process behind on the node.
            process.waitFor(500, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }

    /** Moves bytes from one stream to another in a thread of its own. */
    private static final class Copy implements Runnable {
        private final InputStream from;
        private final OutputStream to;
        private final Process endOnFailure;
        private boolean closeAtEnd;
        private volatile RuntimeException failure;
        private Thread thread;

        Copy(InputStream from, OutputStream to, Process endOnFailure) {
            this.from = from;
            this.to = to;
            this.endOnFailure = endOnFailure;
        }

        void startThread(String name, boolean close) {
            closeAtEnd = close;
            thread = new Thread(this, name);
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void run() {
            byte[] buffer = new byte[1 << 16];
            try {
                for (int length; (length = from.read(buffer)) >= 0; ) {
                    to.write(buffer, 0, length);
                    to.flush();
                }
            } catch (IOException e) {
                // The other side no longer reads, or is gone: the exit status says what became of the program.
            } catch (RuntimeException e) {
                failure = e;
                end(endOnFailure);
            }
            if (closeAtEnd) {
                try {
                    to.close();
                } catch (IOException e) {
                    // As above: what could not be flushed nobody wanted.
                }
            }
        }

        void await() throws InterruptedException {
            thread.join(TimeUnit.MILLISECONDS.toMillis(LINGER_MS));
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** The empty standard input. */
    static byte[] noInput() {
        return new byte[0];
    }

    static void require(String purpose, List<String> command) {
        require(purpose, Collections.unmodifiableList(command), "");
    }
}
