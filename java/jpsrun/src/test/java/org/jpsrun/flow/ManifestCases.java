package org.jpsrun.flow;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.jpsrun.console.Console;
import org.jpsrun.console.Secrets;
import org.jpsrun.manifest.Resources;
import org.jpsrun.value.Values;

/** Runs manifests on a scripted platform. */
final class ManifestCases {
    /** The base URL that the folder of a case appears under. */
    static final String BASE = "http://127.0.0.1:1/base/";

    private final Path folder;
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();

    ManifestCases(Path folder) {
        this.folder = folder;
    }

    /** Writes a file that the manifest can refer to. */
    void file(String name, String text) throws IOException {
        Path path = folder.resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    Installation.Result run(String manifest, Map<String, Object> settings, ScriptedPlatform platform) throws IOException {
        file("manifest.yml", manifest);
        Resources resources = new Resources();
        resources.allowDirectory(BASE, folder);
        Console console = new Console(new PrintStream(log, true, StandardCharsets.UTF_8), new Secrets(), Clock.systemUTC());
        Host host = new Host(platform, resources, console);
        return new Installation(host, host.loader().fromLink("manifest.yml", BASE), "demo",
                settings == null ? Map.of() : Values.map(settings)).run();
    }

    String log() {
        return log.toString(StandardCharsets.UTF_8);
    }
}
