package org.jpsrun.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec.Target;

/** Options that give values to a manifest's settings. */
final class SettingOptions {
    private static final long MAX_FILE_BYTES = 1 << 20;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--set", paramLabel = "NAME=VALUE",
            description = "Gives a setting its value. Other users of this machine can see it: use --set-file for keys.")
    private List<String> plain = List.of();

    @Option(names = "--set-file", paramLabel = "NAME=PATH",
            description = "Gives a setting the text of a file, without its last newline.")
    private List<String> files = List.of();

    @Option(names = "--set-env", paramLabel = "NAME=VARIABLE",
            description = "Gives a setting the value of an environment variable.")
    private List<String> variables = List.of();

    /** The settings by name. Those of files and variables win over plain ones. */
    Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        add(values, "--set", plain, value -> value);
        add(values, "--set-file", files, this::read);
        add(values, "--set-env", variables, this::variable);
        return values;
    }

    /** Values that came by file or variable: these are meant to be secret whatever their names. */
    Map<String, Object> hidden() {
        Map<String, Object> values = new LinkedHashMap<>();
        add(values, "--set-file", files, this::read);
        add(values, "--set-env", variables, this::variable);
        return values;
    }

    private void add(Map<String, Object> values, String option, List<String> assignments, Function<String, String> read) {
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            if (equals < 1) {
                // The text is not shown: it may be a key.
                throw usage("a value of " + option + " has no name: write NAME=…");
            }
            values.put(assignment.substring(0, equals), read.apply(assignment.substring(equals + 1)));
        }
    }

    private String read(String path) {
        try {
            Path file = Path.of(path);
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw usage("file '" + path + "' is longer than " + MAX_FILE_BYTES + " bytes");
            }
            String text = Files.readString(file, StandardCharsets.UTF_8);
            return text.endsWith("\r\n") ? text.substring(0, text.length() - 2)
                    : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        } catch (IOException e) {
            throw usage("file '" + path + "' cannot be read: " + e.getMessage());
        }
    }

    private String variable(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw usage("environment variable '" + name + "' is not set");
        }
        return value;
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
