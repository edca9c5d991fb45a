package org.jpsbackup.demo;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** What the application is told by its node: Jahia's node properties and the container's variables. */
final class DemoSettings {
    static final Path DATA = Path.of("/data/digital-factory-data");
    private static final Path NODE = Path.of("/opt/tomcat/conf/digital-factory-config/jahia/jahia.node.properties");
    private static final Path VARIABLES = Path.of("/.jelenv");

    private final Properties node = new Properties();

    DemoSettings() throws IOException {
        try (Reader reader = Files.newBufferedReader(NODE)) {
            node.load(reader);
        }
    }

    String clusterId() {
        return required(node.getProperty("cluster.node.serverId"), "cluster.node.serverId in " + NODE);
    }

    boolean isProcessing() {
        return Boolean.parseBoolean(node.getProperty("processingServer", "false").trim());
    }

    /** A container variable as it is now; they change while the application runs. */
    static String variable(String name) throws IOException {
        for (String line : Files.readAllLines(VARIABLES, StandardCharsets.UTF_8)) {
            if (line.startsWith(name + "=")) {
                return line.substring(name.length() + 1);
            }
        }
        throw new IOException("variable " + name + " is missing in " + VARIABLES);
    }

    private static String required(String value, String what) {
        if (value == null || value.trim().isEmpty()) {
            throw new IllegalStateException(what + " is missing");
        }
        return value.trim();
    }
}
