package org.jpsrun.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jpsrun.manifest.ManifestReader;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every file in the folder {@code cases} is a test: a manifest, the calls that it makes and how it ends.
 *
 * <p>Members: {@code manifest} (text), {@code files} (name: text), {@code settings}, {@code calls} (see
 * {@link ScriptedPlatform}), {@code log} (texts that the log holds in this order), {@code absent} (texts that it does
 * not hold), {@code response} (members of the final response), {@code line} (of the action that failed).
 */
class ManifestCasesTest {
    @TestFactory
    List<DynamicTest> cases() throws IOException, URISyntaxException {
        Path folder = Path.of(ManifestCasesTest.class.getResource("cases").toURI());
        try (Stream<Path> files = Files.list(folder)) {
            List<DynamicTest> tests = files.sorted().map(file -> DynamicTest.dynamicTest(
                    file.getFileName().toString().replace(".yml", ""), () -> check(file))).collect(Collectors.toList());
            assertFalse(tests.isEmpty(), "no cases in " + folder);
            return tests;
        }
    }

    private static void check(Path file) throws IOException {
        Map<String, Object> test = ManifestReader.read(Files.readString(file), file.getFileName().toString());
        Path folder = Files.createTempDirectory("jpsrun-case");
        try {
            ManifestCases cases = new ManifestCases(folder);
            if (test.get("files") != null) {
                for (Map.Entry<String, Object> entry : Values.map(test.get("files")).entrySet()) {
                    cases.file(entry.getKey(), Values.text(entry.getValue()));
                }
            }
            ScriptedPlatform platform = new ScriptedPlatform(Values.asList(test.get("calls")));
            Installation.Result result = cases.run(Values.text(test.get("manifest")), Values.map(test.get("settings")), platform);
            String log = cases.log();
            assertEquals(List.of(), platform.problems(), log);
            checkLog(test, log);
            checkResponse(test, result, log, folder);
        } finally {
            delete(folder);
        }
    }

    private static void checkLog(Map<String, Object> test, String log) {
        int from = 0;
        for (Object wanted : Values.asList(test.get("log"))) {
            int at = log.indexOf(Values.text(wanted), from);
            assertTrue(at >= 0, "log does not hold '" + wanted + "' after the texts before it:\n" + log);
            from = at + Values.text(wanted).length();
        }
        for (Object unwanted : Values.asList(test.get("absent"))) {
            assertFalse(log.contains(Values.text(unwanted)), "log holds '" + unwanted + "':\n" + log);
        }
    }

    private static void checkResponse(Map<String, Object> test, Installation.Result result, String log, Path folder) {
        Map<String, Object> wanted = test.get("response") == null ? Map.of("result", 0) : Values.map(test.get("response"));
        wanted.forEach((name, value) ->
                assertEquals(Json.write(value), Json.write(result.response().get(name)).replace(folder.toString(), "FOLDER"), name + " of " + result.response() + "\n" + log));
        if (test.get("line") != null) {
            assertEquals(Values.text(test.get("line")), String.valueOf(result.location().line()), log);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path path : files.sorted(java.util.Comparator.reverseOrder()).collect(Collectors.toList())) {
                Files.delete(path);
            }
        }
    }
}
