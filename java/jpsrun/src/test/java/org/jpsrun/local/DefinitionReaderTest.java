package org.jpsrun.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import org.jpsrun.platform.EnvironmentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefinitionReaderTest {
    private static final String HEADER = "name: shop\nowner: a@example.com\nregion: eu-west-1\nprovider: aws\nrole: prod\n";
    private static final String GROUPS = "nodeGroups:\n- group: cp\n  nodeType: tomcat9\n";

    @TempDir
    Path folder;

    private Definition read(String text) throws IOException {
        Path file = folder.resolve("environment.yml");
        Files.writeString(file, text);
        Map<String, String> host = Collections.singletonMap("NET", "10.20.30.0/24");
        return DefinitionReader.read(file, host::get);
    }

    @Test
    void readsEverythingThatADefinitionCanSay() throws IOException {
        Definition definition = read(HEADER + "displayName: My Shop\nuid: 42\nnetwork: ${host.NET:10.1.1.0/24}\n"
                + "nodeGroups:\n"
                + "- {group: sqldb, nodeType: mariadb, aliases: [mysqldb]}\n"
                + "- group: cp\n  nodeType: tomcat9\n  count: 2\n  after: [sqldb]\n"
                + "  variables: {VERSION: 8.10, ON: yes, EMPTY: ''}\n"
                + "  directories: [{path: /data/x, owner: tomcat, mode: 0750}]\n"
                + "  files: [{path: /a, content: 'x ${node.id}', mode: 640}, {path: /b, source: b.txt}]\n"
                + "  mounts: [{source: /srv, target: /srv}]\n"
                + "  setup: ['echo 1']\n"
                + "  services: {app: {user: tomcat, start: exec app, timeout: 5}}\n");
        assertEquals("My Shop", definition.displayName);
        assertEquals(42, definition.uid);
        assertEquals("10.20.30.0/24", definition.network.toString());
        assertEquals("eu-west-1a", definition.availabilityZone);
        Definition.Group cp = definition.groups.get(1);
        assertEquals(2, cp.count);
        assertEquals(Arrays.asList("sqldb"), cp.after);
        // What looks like a number or a truth value is the text that was written.
        assertEquals("8.10", cp.variables.get("VERSION"));
        assertEquals("yes", cp.variables.get("ON"));
        assertEquals("", cp.variables.get("EMPTY"));
        assertEquals(0750, cp.directories.get(0).mode);
        assertEquals(0640, cp.files.get(0).mode);
        assertEquals(-1, cp.files.get(1).mode);
        assertEquals("exec app", cp.services.get("app").settings.get("start"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "nmae: x | unknown member 'nmae'",
        "network: 10.0.0.0/16 | not of the form",
        "network: 8.8.8.0/24 | is not private",
        "uid: -3 | 'uid' is '-3'",
        "displayName: ${env.name} | only '${host.NAME}' can",
        "displayName: ${host.MISSING} | needs the variable 'MISSING'",
    })
    void refusesABadHeader(String line, String message) {
        assertMessage(HEADER + line + "\n" + GROUPS, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "count: 0 | 'count' is '0'",
        "count: 251 | give a number from 1 to 250",
        "after: [bl] | 'after' names 'bl'",
        "aliases: [cp] | alias 'cp' is taken",
        "variables: {'a b': x} | bad name of a variable",
        "variables: {A: \"x\\ny\"} | line break",
        "files: [{path: a, content: x}] | give an absolute path",
        "files: [{path: /a}] | either 'source' or 'content'",
        "files: [{path: /a, content: x, mode: 9}] | 'mode' is '9'",
        "directories: [{paht: /a}] | 'path' is missing",
        "services: {app: {user: tomcat}} | 'start' is missing",
        "services: {app: {start: x, stat: y}} | unknown member 'stat'",
        "services: {'../x': {start: x}} | bad name of a service",
        "setup: echo | 'setup' is not a list",
    })
    void refusesABadGroup(String line, String message) {
        assertMessage(HEADER + GROUPS + "  " + line + "\n", message);
    }

    private void assertMessage(String text, String message) {
        EnvironmentException e = assertThrows(EnvironmentException.class, () -> read(text));
        assertTrue((e.getMessage() + " " + e.hint()).contains(message), e.getMessage() + " " + e.hint());
    }

    @Test
    void refusesHostileFiles() {
        assertMessage("name: [", "is not YAML");
        assertMessage("- x", "is not a mapping");
        assertMessage("a: !!java.net.URL [http://example.com]", "is not YAML");
        assertMessage(HEADER + HEADER + GROUPS, "is not YAML");
        assertMessage("x: " + "[".repeat(100) + "]".repeat(100), "is not YAML");
        assertMessage("#".repeat(1 << 21), "is larger than");
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 60; i++) {
            bomb.append("a").append(i).append(": &a").append(i).append(" [*a").append(i - 1).append(", *a").append(i - 1).append("]\n");
        }
        assertMessage(bomb.toString(), "is not YAML");
    }

    @Test
    void refusesAMissingFile() {
        assertThrows(EnvironmentException.class, () -> DefinitionReader.read(folder.resolve("none.yml"), name -> null));
    }
}
