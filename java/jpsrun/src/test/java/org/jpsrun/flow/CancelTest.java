package org.jpsrun.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jpsrun.console.Console;
import org.jpsrun.console.Secrets;
import org.jpsrun.manifest.Manifest;
import org.jpsrun.manifest.Resources;
import org.jpsrun.platform.Platform;
import org.junit.jupiter.api.Test;

class CancelTest {
    private final List<Object> calls = new ArrayList<>();
    private final List<Boolean> interrupted = new ArrayList<>();
    private Host host;

    @Test
    void scriptCleansUpAndNothingElseBegins() {
        Platform platform = (method, parameters) -> {
            if (method.equals("a.b.Step")) {
                calls.add(parameters.get("name"));
                interrupted.add(Thread.currentThread().isInterrupted());
            }
            if ("long".equals(parameters.get("name"))) {
                host.cancel();
                // As a call does that was woken by an interrupt.
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted");
            }
            return ScriptedPlatform.map("result", 0, "env", Map.of("appid", "x"), "nodes", List.of());
        };
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        host = new Host(platform, new Resources(),
                new Console(new PrintStream(log, true, StandardCharsets.UTF_8), new Secrets(), Clock.systemUTC()));
        Manifest manifest = host.loader().fromText("type: update\nname: n\nonInstall:\n"
                + "  - script: |\n      try { api.a.b.Step({name: 'long'}); } catch (e) { return {result: 0}; } finally { api.a.b.Step({name: 'undo'}); }\n"
                + "  - log: not reached\n", "m.yml", "http://h/");
        boolean stopped;
        try {
            stopped = !new Installation(host, manifest, "demo", Map.of()).run().succeeded();
        } catch (IllegalStateException e) {
            stopped = true;
        }
        assertTrue(stopped);
        assertEquals(List.of("long", "undo"), calls);
        assertEquals(List.of(false, false), interrupted, "what cleans up must not be interrupted");
        assertFalse(log.toString(StandardCharsets.UTF_8).contains("not reached"));
    }
}
