package org.jpsrun.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Secrets secrets = new Secrets();
    private final Console console = new Console(new PrintStream(out, true, StandardCharsets.UTF_8), secrets,
            Clock.fixed(Instant.parse("2026-11-22T01:02:03Z"), ZoneOffset.UTC));

    @Test
    void lineHasTimeLoggerAndStep() {
        console.line(Console.loggerName("Jahia backup of it"), 4, "> text");
        assertEquals("[01:02:03 Jahia.it:4]: > text\n", out.toString(StandardCharsets.UTF_8));
        assertEquals("Two words", Console.loggerName("Two words"));
    }

    @Test
    void secretsAreFoundByName() {
        for (String name : List.of("aws_secret_key", "Password", "accessToken", "apiKEY", "__secret__x")) {
            assertTrue(Secrets.isSecretName(name), name);
        }
        assertTrue(!Secrets.isSecretName("name"));
        secrets.learn("outer", Map.of("list", List.of(Map.of("password", "hidden1", "user", "shown1"))));
        secrets.learn("keys", Map.of("a", "hidden2", "n", 123456));
        assertEquals("***** shown1 ***** *****", secrets.mask("hidden1 shown1 hidden2 123456"));
    }

    @Test
    void shortValuesStay() {
        secrets.add("abc");
        secrets.add("   ");
        assertEquals("abc", secrets.mask("abc"));
    }

    @Test
    void longestSecretFirst() {
        secrets.add("abcd");
        secrets.add("abcdef");
        assertEquals("*****.*****", secrets.mask("abcdef.abcd"));
    }

    @Test
    void escapedAndEncodedForms() {
        secrets.add("a\"b\\c\nd");
        secrets.add("secret");
        assertEquals("{\"k\":\"*****\"} *****", secrets.mask("{\"k\":\"a\\\"b\\\\c\\nd\"} c2VjcmV0"));
    }

    @Test
    void secretAtTheCutIsHidden() {
        secrets.add("SECRETVALUE");
        console.line("l", 0, "x".repeat((64 << 10) - 5) + "SECRETVALUE");
        assertTrue(!out.toString(StandardCharsets.UTF_8).contains("SECRE"));
    }
}
