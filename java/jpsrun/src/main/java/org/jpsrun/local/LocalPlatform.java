package org.jpsrun.local;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jpsrun.platform.EnvironmentException;
import org.jpsrun.platform.Platform;

/** The platform's API on this machine's environments. Calls may come from several threads. */
final class LocalPlatform implements Platform {
    /** Answers one method for one environment. */
    private interface Call {
        Map<String, Object> answer(Environment environment, Parameters parameters);
    }

    private final LocalEnvironments environments;
    private final StateFolder state;
    private final String ownName;
    private final Map<String, Call> calls = new LinkedHashMap<>();

    /** @param ownName the environment that is meant where a call names none */
    LocalPlatform(LocalEnvironments environments, StateFolder state, String ownName) {
        this.environments = environments;
        this.state = state;
        this.ownName = ownName;
        ControlCalls control = new ControlCalls(environments, state);
        add("environment.control.GetEnvInfo", control::envInfo);
        add("environment.control.ExecCmdById", control::exec);
        add("environment.control.ExecCmdByGroup", control::exec);
        add("environment.control.RestartNodeById", control::restart);
        add("environment.control.RestartNodesByGroup", control::restart);
        VariableCalls variables = new VariableCalls(environments);
        add("environment.control.GetContainerEnvVars", variables::get);
        add("environment.control.AddContainerEnvVars", variables::add);
        add("environment.control.SetContainerEnvVars", variables::set);
        add("environment.control.RemoveContainerEnvVars", variables::remove);
        GroupCalls groups = new GroupCalls(state);
        add("environment.control.ApplyNodeGroupData", groups::apply);
        add("environment.control.GetNodeGroups", groups::get);
        FileCalls files = new FileCalls(environments);
        add("environment.file.Read", files::read);
        add("environment.file.Write", files::write);
        add("environment.file.Append", files::append);
        add("environment.file.Create", files::create);
        add("environment.file.Delete", files::delete);
        add("environment.file.GetList", files::list);
        add("users.account.GetUserInfo", (environment, parameters) -> {
            Map<String, Object> answer = Answers.success("uid", environment.uid);
            answer.put("email", environment.owner);
            answer.put("name", environment.owner);
            answer.put("status", 1);
            return answer;
        });
    }

    private void add(String method, Call call) {
        calls.put(method.toLowerCase(Locale.ROOT), call);
    }

    @Override
    public Map<String, Object> invoke(String method, Map<String, Object> parameters) {
        Call call = calls.get(method.toLowerCase(Locale.ROOT));
        if (call == null) {
            return Answers.failure(Answers.UNKNOWN_METHOD, "this machine does not know the API method '" + method + "'");
        }
        try {
            Parameters checked = new Parameters(parameters);
            String name = checked.text("envName", ownName);
            if (!name.matches("[a-z][a-z0-9-]*") || name.length() > 31 || !state.exists(name)) {
                return Answers.failure(Answers.NO_ENVIRONMENT, "environment '" + name + "' does not exist");
            }
            return call.answer(state.load(name), checked);
        } catch (Answers.Failure e) {
            return Answers.failure(e.code, e.getMessage());
        } catch (EnvironmentException e) {
            return Answers.failure(Answers.FAILED, e.getMessage() + (e.hint() == null ? "" : " (" + e.hint() + ")"));
        } catch (Command.OutputTooLargeException e) {
            return Answers.failure(Answers.FAILED, "more than " + (Command.MAX_OUTPUT_BYTES >> 20)
                    + " MiB of output; write it to a file on the node");
        }
    }

    /**
     * The nodes that a call means: by {@code nodeId}, else {@code nodeGroup}, else {@code nodeType}.
     *
     * @throws Answers.Failure when there is none
     */
    static List<LocalNode> nodes(LocalEnvironments environments, Environment environment, Parameters parameters) {
        String kind = parameters.has("nodeId") ? "nodeId" : parameters.has("nodeGroup") ? "nodeGroup" : "nodeType";
        String wanted = parameters.text(kind);
        List<LocalNode> found = new ArrayList<>();
        for (LocalNode local : environments.nodes(environment)) {
            Node node = local.node;
            String value = kind.equals("nodeId") ? String.valueOf(node.id) : kind.equals("nodeGroup") ? node.group : node.nodeType;
            if (value.equals(wanted)) {
                found.add(local);
            }
        }
        if (found.isEmpty()) {
            throw new Answers.Failure(Answers.NO_NODE, "can't find node by the given parameters: " + kind + " '" + wanted
                    + "' in environment '" + environment.name + "'");
        }
        return found;
    }
}
