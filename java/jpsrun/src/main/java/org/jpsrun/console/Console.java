package org.jpsrun.console;

import java.io.PrintStream;
import java.time.Clock;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;

/** The console log of a run: one line an event, without secrets. Thread-safe. */
public final class Console {
    private static final int MAX_LINE = 64 << 10;
    private static final long MAX_TOTAL = 16L << 20;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

    private final PrintStream out;
    private final Secrets secrets;
    private final Clock clock;
    private long written;

    /** Writes to {@code out}, with the clock's times. */
    public Console(PrintStream out, Secrets secrets, Clock clock) {
        this.out = out;
        this.secrets = secrets;
        this.clock = clock;
    }

    /** What this log hides. */
    public Secrets secrets() {
        return secrets;
    }

    /**
     * Writes one line.
     *
     * @param logger name of the manifest that is running
     * @param step number of its top-level action
     */
    public void line(String logger, int step, String text) {
        // Masked as a whole before it is cut: half a secret is no secret that can be found.
        String masked = secrets.mask(text);
        if (masked.length() > MAX_LINE) {
            masked = masked.substring(0, MAX_LINE) + "… (" + masked.length() + " characters)";
        }
        String line = "[" + LocalTime.now(clock).format(TIME) + " " + logger + ":" + step + "]: " + masked;
        synchronized (this) {
            if (written > MAX_TOTAL) {
                return;
            }
            written += line.length();
            out.println(written > MAX_TOTAL ? line + "\n(log ends here: longer than " + MAX_TOTAL + " characters)" : line);
            out.flush();
        }
    }

    /** The logger's name for a manifest: its name, or first and last word when it has more than two. */
    public static String loggerName(String name) {
        String[] words = name.trim().split("\\s+");
        return words.length > 2 ? words[0] + "." + words[words.length - 1] : name.trim();
    }
}
