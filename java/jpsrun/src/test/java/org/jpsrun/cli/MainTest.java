package org.jpsrun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {
    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = Main.commandLine();
        line.setErr(new PrintWriter(err));
        line.setOut(new PrintWriter(out));
        return line.execute(arguments);
    }

    @Test
    void wrongUsage(@TempDir Path folder) throws IOException {
        assertEquals(2, run("nothing"));
        assertEquals(2, run("run"));
        assertEquals(2, run("run", "m.yml"));
        assertEquals(2, run("env", "exec", "name"));
        Path manifest = Files.writeString(folder.resolve("m.yml"), "type: update\nname: x\n");
        for (String[] setting : new String[][] {{"--set", "SECRETKEY"}, {"--set-file", "k=/no/such/file"}, {"--set-env", "k=NO_SUCH_VARIABLE_HERE"}}) {
            assertEquals(2, run("run", manifest.toString(), "--env", "x", "--state", folder.toString(), setting[0], setting[1]));
        }
        assertFalse(err.toString().contains("SECRETKEY"), err.toString());
    }

    @Test
    void unknownEnvironmentFails(@TempDir Path folder) throws IOException {
        Path manifest = Files.writeString(folder.resolve("m.yml"), "type: update\nname: x\n");
        assertEquals(1, run("run", manifest.toString(), "--env", "nosuch", "--state", folder.toString()));
        assertTrue(err.toString().startsWith("jpsrun: "), err.toString());
        assertTrue(err.toString().contains("'nosuch'"), err.toString());
        assertFalse(err.toString().contains("Exception"), err.toString());
    }

    @Test
    void helpShowsExamplesAndExitCodes() {
        assertEquals(0, run("--help"));
        assertEquals(0, run("run", "--help"));
        assertEquals(0, run("env", "exec", "--help"));
        for (String text : new String[] {"Exit codes:", "130", "--set-file", "Examples:", "--user"}) {
            assertTrue(out.toString().contains(text), text + " in:\n" + out);
        }
    }
}
