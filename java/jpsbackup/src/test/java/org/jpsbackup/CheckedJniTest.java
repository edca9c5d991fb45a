package org.jpsbackup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JVM prints what {@code -Xcheck:jni} finds, so a JVM of its own shows whether there was any. */
class CheckedJniTest {
    @TempDir
    Path directory;

    @Test
    void a_checking_jvm_warns_of_nothing() throws Exception {
        Process jvm = new ProcessBuilder(Paths.get(System.getProperty("java.home"), "bin", "java").toString(), "-Xcheck:jni",
                "-Djpsbackup.library=" + System.getProperty("jpsbackup.library"), "-cp", System.getProperty("java.class.path"),
                CheckedScenario.class.getName(), directory.toString()).redirectErrorStream(true).start();
        String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, jvm.waitFor(), output);
        assertTrue(output.endsWith("walked\n"), output);
        assertFalse(output.contains("WARNING") || output.contains("FATAL"), output);
    }
}
