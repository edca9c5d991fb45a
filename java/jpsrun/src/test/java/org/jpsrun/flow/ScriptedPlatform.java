package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.platform.Platform;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/**
 * A platform that expects exact calls and gives exact answers.
 *
 * <p>An expected call is a map: {@code method}, {@code params} (those that must be there), {@code answer}; or in
 * short {@code cmd}, {@code node}, {@code user}, {@code out}, {@code err}, {@code exit} for a command. A list of
 * calls may come in any order. Questions about the environment and the user are answered at any time.
 */
final class ScriptedPlatform implements Platform {
    private static final Object[][] NODES = {{10, "bl", "haproxy"}, {21, "cp", "tomcat"}, {22, "cp", "tomcat"},
        {30, "proc", "tomcat"}, {40, "sqldb", "mariadb"}};

    private final List<Object> expected;
    private final List<String> problems = new ArrayList<>();

    ScriptedPlatform(List<Object> expected) {
        this.expected = new ArrayList<>(expected);
    }

    /** What did not happen as expected; empty when all did. */
    synchronized List<String> problems() {
        List<String> all = new ArrayList<>(problems);
        expected.forEach(call -> all.add("not called: " + Json.write(call)));
        return all;
    }

    @Override
    public synchronized Map<String, Object> invoke(String method, Map<String, Object> parameters) {
        if (method.equals("environment.control.GetEnvInfo")) {
            return environment();
        }
        if (method.equals("users.account.GetUserInfo")) {
            return map("result", 0, "uid", 77, "email", "owner@example.org");
        }
        List<Object> candidates = expected.isEmpty() ? List.of() : Values.asList(expected.get(0));
        for (Object candidate : candidates) {
            Map<String, Object> call = Values.map(candidate);
            if (matches(call, method, parameters)) {
                if (candidates.size() > 1) {
                    List<Object> rest = new ArrayList<>(candidates);
                    rest.remove(candidate);
                    expected.set(0, rest);
                } else {
                    expected.remove(0);
                }
                return answer(call, parameters);
            }
        }
        problems.add("unexpected call: " + method + " " + Json.write(parameters) + "; next was "
                + (expected.isEmpty() ? "nothing" : Json.write(expected.get(0))));
        return map("result", 1, "error", "unexpected call");
    }

    private static boolean matches(Map<String, Object> call, String method, Map<String, Object> parameters) {
        if (call.containsKey("cmd")) {
            String commands = Json.write(List.of(map("command", call.get("cmd"), "params", "")));
            return method.equals("environment.control.ExecCmdById") && commands.equals(parameters.get("commandList"))
                    && same(call.get("node"), parameters.get("nodeId"))
                    && (!call.containsKey("user") || same(call.get("user"), parameters.get("userName")))
                    && same(call.getOrDefault("sayYes", true), parameters.get("sayYes"));
        }
        if (!method.equals(call.get("method"))) {
            return false;
        }
        Map<String, Object> wanted = call.get("params") == null ? Map.of() : Values.map(call.get("params"));
        return wanted.entrySet().stream().allMatch(entry -> same(entry.getValue(), parameters.get(entry.getKey())))
                && Values.asList(call.get("without")).stream().noneMatch(name -> parameters.containsKey(String.valueOf(name)));
    }

    private static boolean same(Object wanted, Object actual) {
        return Json.write(wanted).equals(Json.write(actual));
    }

    private static Map<String, Object> answer(Map<String, Object> call, Map<String, Object> parameters) {
        if (call.containsKey("answer")) {
            return Values.map(call.get("answer"));
        }
        if (!call.containsKey("cmd")) {
            return map("result", 0);
        }
        Object exit = call.getOrDefault("exit", 0);
        Map<String, Object> response = map("result", 0, "errOut", call.getOrDefault("err", ""), "nodeid",
                parameters.get("nodeId"), "exitStatus", exit, "out", call.getOrDefault("out", ""));
        return map("result", 0, "responses", List.of(response));
    }

    private static Map<String, Object> environment() {
        List<Object> nodes = new ArrayList<>();
        for (Object[] node : NODES) {
            nodes.add(map("id", node[0], "nodeGroup", node[1], "nodeType", node[2], "address", "10.0.0." + node[0],
                    "osType", "LINUX"));
        }
        return map("result", 0, "env", map("appid", "app1", "envName", "demo", "status", 1, "uid", 77, "domain", "demo.local",
                "contexts", List.of(map("context", "ROOT"), map("context", "shop"))), "nodes", nodes);
    }

    static Map<String, Object> map(Object... members) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < members.length; i += 2) {
            map.put((String) members[i], members[i + 1]);
        }
        return map;
    }
}
