package org.jpsrun.local;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Calls that describe an environment, run commands on its nodes and restart them. */
final class ControlCalls {
    private final LocalEnvironments environments;
    private final StateFolder state;

    ControlCalls(LocalEnvironments environments, StateFolder state) {
        this.environments = environments;
        this.state = state;
    }

    Map<String, Object> envInfo(Environment environment, Parameters parameters) {
        boolean running = true;
        List<Object> nodes = new ArrayList<>();
        Set<String> groups = new LinkedHashSet<>();
        for (LocalNode local : environments.nodes(environment)) {
            running &= local.runs();
            nodes.add(describe(environment, local.node));
            groups.add(local.node.group);
        }
        List<Object> nodeGroups = new ArrayList<>();
        groups.forEach(group -> nodeGroups.add(GroupCalls.describe(state, environment, group)));
        Map<String, Object> hostGroup = new LinkedHashMap<>();
        hostGroup.put("uniqueName", environment.region);
        hostGroup.put("displayName", environment.region);

        Map<String, Object> env = new LinkedHashMap<>();
        env.put("appid", appid(environment));
        env.put("envName", environment.name);
        env.put("shortdomain", environment.name);
        env.put("name", environment.name);
        env.put("displayName", environment.displayName);
        env.put("domain", environment.name + ".local");
        env.put("url", "http://" + environment.nodes.get(0).address + "/");
        env.put("protocol", "http");
        env.put("uid", environment.uid);
        env.put("creatorUid", environment.uid);
        env.put("ownerUid", environment.uid);
        env.put("status", running ? 1 : 2);
        env.put("region", environment.region);
        env.put("hostGroup", hostGroup);
        env.put("hardwareNodeGroup", environment.region);
        env.put("ssl", false);
        env.put("sslstate", false);
        env.put("ishaenabled", false);
        env.put("isTransferring", false);
        env.put("contexts", new ArrayList<>());
        env.put("extdomains", new ArrayList<>());
        Map<String, Object> answer = Answers.success("env", env);
        answer.put("nodes", nodes);
        answer.put("nodeGroups", nodeGroups);
        answer.put("envGroups", new ArrayList<>());
        return answer;
    }

    private String appid(Environment environment) {
        return Bridge.tag(state.folder(environment.name)) + "jpsrun" + environment.name;
    }

    private static Map<String, Object> describe(Environment environment, Node node) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", node.id);
        answer.put("nodeGroup", node.group);
        answer.put("nodeType", node.nodeType);
        answer.put("nodemission", node.group);
        answer.put("address", node.address);
        answer.put("intIP", node.address);
        answer.put("extIPs", new ArrayList<>());
        answer.put("ismaster", node.index == 0);
        answer.put("name", node.hostname);
        answer.put("displayName", node.group + " " + (node.index + 1));
        answer.put("url", "http://" + node.address + "/");
        answer.put("adminUrl", "http://" + node.address + "/");
        answer.put("osType", "LINUX");
        answer.put("type", "NATIVE");
        answer.put("status", 1);
        return answer;
    }

    /** Runs the command list in one shell session a node, one node after another. */
    Map<String, Object> exec(Environment environment, Parameters parameters) {
        StringBuilder script = new StringBuilder();
        for (Object entry : parameters.list("commandList")) {
            if (entry instanceof Map) {
                Object command = ((Map<?, ?>) entry).get("command");
                Object arguments = ((Map<?, ?>) entry).get("params");
                if (command == null) {
                    throw new Answers.Failure(Answers.BAD_PARAMETER, "an entry of 'commandList' has no 'command'");
                }
                script.append(command);
                if (arguments != null && !arguments.toString().isEmpty()) {
                    script.append(' ').append(arguments);
                }
            } else {
                script.append(entry);
            }
            script.append('\n');
        }
        String user = parameters.text("userName", "root");
        boolean sayYes = parameters.flag("sayYes", true);
        List<Object> responses = new ArrayList<>();
        List<String> out = new ArrayList<>();
        List<String> err = new ArrayList<>();
        int failed = 0;
        Map<String, Object> answer = Answers.success();
        for (LocalNode node : LocalPlatform.nodes(environments, environment, parameters)) {
            Command.Result result = node.script(user, script.toString(), sayYes);
            Map<String, Object> response = new LinkedHashMap<>();
            response.put("result", result.status == 0 ? 0 : Answers.COMMAND_FAILED);
            response.put("nodeid", node.node.id);
            response.put("exitStatus", result.status);
            response.put("out", result.outText());
            response.put("errOut", result.errText());
            responses.add(response);
            addText(out, result.outText());
            addText(err, result.errText());
            if (result.status != 0 && failed == 0) {
                failed = result.status;
                answer = Answers.failure(Answers.COMMAND_FAILED, "the command ended with exit status " + result.status + " on node "
                        + node.node.id);
            }
        }
        answer.put("exitStatus", failed);
        answer.put("out", String.join("\n", out));
        answer.put("errOut", String.join("\n", err));
        if (responses.size() == 1) {
            answer.put("nodeid", ((Map<?, ?>) responses.get(0)).get("nodeid"));
        }
        answer.put("responses", responses);
        return answer;
    }

    private static void addText(List<String> texts, String text) {
        if (!text.isEmpty()) {
            texts.add(text);
        }
    }

    Map<String, Object> restart(Environment environment, Parameters parameters) {
        for (LocalNode node : LocalPlatform.nodes(environments, environment, parameters)) {
            environments.restart(environment, node);
        }
        return Answers.success();
    }
}
