package org.jpsrun.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import java.util.Arrays;
import org.jpsrun.platform.EnvironmentException;
import org.junit.jupiter.api.Test;

class CommandTest {
    private static Command.Result shell(String script) {
        return Command.run(Arrays.asList("/bin/sh", "-c", script), "input".getBytes());
    }

    @Test
    void keepsBothStreamsAndTheStatus() {
        Command.Result result = shell("cat; echo; echo errors >&2; exit 7");
        assertEquals(7, result.status);
        assertEquals("input", result.outText());
        assertEquals("errors", result.errText());
    }

    @Test
    void takesOneNewlineAway() {
        assertEquals("a\n", shell("printf 'a\\n\\n'").outText());
        assertEquals("", shell(":").outText());
    }

    @Test
    void aSignalIsAStatusToo() {
        assertEquals(128 + 15, shell("kill -TERM $$").status);
    }

    @Test
    void doesNotMindInputThatNobodyReads() {
        byte[] large = new byte[10 << 20];
        assertEquals(0, Command.run(Arrays.asList("/bin/true"), large).status);
    }

    @Test
    void endsAProgramThatWritesTooMuch() {
        assertThrows(Command.OutputTooLargeException.class, () -> shell("yes | head -c 20000000; sleep 0.1"));
    }

    @Test
    void doesNotWaitForADaemonThatHoldsTheOutput() {
        assertTimeout(Duration.ofSeconds(10), () -> assertEquals("up", shell("sleep 20 & echo up").outText()));
    }

    @Test
    void namesAProgramThatIsMissing() {
        assertThrows(EnvironmentException.class, () -> Command.run(Arrays.asList("/no/such/program"), Command.noInput()));
    }
}
