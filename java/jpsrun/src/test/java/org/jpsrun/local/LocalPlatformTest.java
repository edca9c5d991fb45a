package org.jpsrun.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.platform.EnvironmentException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls that need no running node; LocalEnvironmentsSystemTest has the others. */
class LocalPlatformTest {
    @TempDir
    Path folder;
    private LocalPlatform platform;

    @BeforeEach
    void keepAnEnvironment() throws IOException {
        StateFolder state = new StateFolder(folder);
        Files.createDirectories(folder.resolve("shop"));
        state.save(TestEnvironments.environment());
        platform = new LocalPlatform(new LocalEnvironments(folder), state, "shop");
    }

    private Map<String, Object> call(String method, Object... namesAndValues) {
        Map<String, Object> parameters = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            parameters.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return platform.invoke(method, parameters);
    }

    @Test
    void describesTheEnvironment() {
        Map<String, Object> answer = call("Environment.Control.GETENVINFO", "envName", "shop", "session", "s");
        assertEquals(0, answer.get("result"));
        Map<?, ?> env = (Map<?, ?>) answer.get("env");
        assertEquals("shop", env.get("shortdomain"));
        assertEquals("My Shop", env.get("displayName"));
        assertEquals(42, env.get("uid"));
        assertEquals(2, env.get("status"), "no node runs");
        List<?> nodes = (List<?>) answer.get("nodes");
        Map<?, ?> second = (Map<?, ?>) nodes.get(1);
        assertEquals(1002, second.get("id"));
        assertEquals("cp", second.get("nodeGroup"));
        assertEquals("10.99.9.2", second.get("address"));
        assertEquals("10.99.9.2", second.get("intIP"));
        assertEquals(false, second.get("ismaster"));
        assertEquals(true, ((Map<?, ?>) nodes.get(0)).get("ismaster"));
    }

    @Test
    void answersWithTheCodesThatManifestsKnow() {
        assertEquals(99, call("environment.control.LaunchRocket").get("result"));
        assertEquals(11, call("environment.control.GetEnvInfo", "envName", "none").get("result"));
        assertEquals(11, call("environment.control.GetEnvInfo", "envName", "../shop").get("result"));
        assertEquals(11022, call("environment.file.Read", "nodeId", 7, "path", "/x").get("result"));
        assertEquals(11022, call("environment.control.ExecCmdByGroup", "nodeGroup", "bl", "commandList", "[]").get("result"));
        assertEquals(3, call("environment.file.Read", "path", "/x").get("result"));
        Map<String, Object> stopped = call("environment.file.Read", "nodeId", "1001", "path", "/x");
        assertEquals(4, stopped.get("result"));
        assertTrue(stopped.get("error").toString().contains("does not run"), stopped.toString());
    }

    @Test
    void refusesParametersThatAreNotWhatTheyShould() {
        assertEquals(3, call("environment.control.ExecCmdById", "nodeId", 1001, "commandList", "[{\"command\":").get("result"));
        assertEquals(3, call("environment.control.ExecCmdById", "nodeId", 1001, "commandList", "[{\"params\":\"x\"}]").get("result"));
        assertEquals(3, call("environment.control.ExecCmdById", "nodeId", 1001, "commandList", "[]", "sayYes", "maybe").get("result"));
        assertEquals(3, call("environment.control.AddContainerEnvVars", "nodeId", 1001, "vars", "[1]").get("result"));
        assertEquals(3, call("environment.control.AddContainerEnvVars", "nodeId", 1001, "vars",
                Collections.singletonMap("A", "two\nlines")).get("result"));
        assertEquals(3, call("environment.control.AddContainerEnvVars", "nodeId", 1001, "vars",
                Collections.singletonMap("A\nB", "x")).get("result"));
    }

    @Test
    void keepsGroupData() {
        assertEquals(0, call("environment.control.ApplyNodeGroupData", "nodeGroup", "cp", "data", "{\"envLink\":\"x\",\"a\":1}").get("result"));
        assertEquals(0, call("environment.control.ApplyNodeGroupData", "nodeGroup", "cp", "data",
                Collections.singletonMap("envLink", "")).get("result"));
        List<?> groups = (List<?>) call("environment.control.GetNodeGroups").get("object");
        Map<?, ?> cp = (Map<?, ?>) groups.get(0);
        assertEquals("cp", cp.get("name"));
        assertEquals("", cp.get("envLink"));
        assertEquals(1, cp.get("a"));
        assertEquals(2, groups.size());
        assertEquals(11022, call("environment.control.ApplyNodeGroupData", "nodeGroup", "bl", "data", "{}").get("result"));
    }

    @Test
    void knowsTheOwner() {
        Map<String, Object> answer = call("users.account.GetUserInfo");
        assertEquals(42, answer.get("uid"));
        assertEquals("a@example.com", answer.get("email"));
    }

    @Test
    void aScriptsNumbersNameNodes() {
        assertEquals(4, call("environment.file.Read", "nodeId", 1001.0, "path", "/x").get("result"), "found, but it does not run");
    }

    @Test
    void aPlatformNeedsARunningEnvironment() {
        LocalEnvironments environments = new LocalEnvironments(folder);
        assertThrows(EnvironmentException.class, () -> environments.platform("shop"));
        assertThrows(EnvironmentException.class, () -> environments.platform("none"));
    }

    @Test
    void statusTellsWhatIsThere() {
        Map<String, Object> status = new LocalEnvironments(folder).status(null).get(0);
        assertEquals("shop", status.get("name"));
        assertEquals("stopped", status.get("status"));
        assertEquals("10.99.9.254", status.get("gateway"));
        assertEquals(3, ((List<?>) status.get("nodes")).size());
    }
}
