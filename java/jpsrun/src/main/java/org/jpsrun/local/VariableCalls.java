package org.jpsrun.local;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jpsrun.platform.EnvironmentException;

/** Calls on the container's variables, which live in the node's {@code /.jelenv} and nowhere else. */
final class VariableCalls {
    private final LocalEnvironments environments;

    VariableCalls(LocalEnvironments environments) {
        this.environments = environments;
    }

    Map<String, Object> get(Environment environment, Parameters parameters) {
        return Answers.success("object", read(LocalPlatform.nodes(environments, environment, parameters).get(0)));
    }

    Map<String, Object> add(Environment environment, Parameters parameters) {
        Map<String, String> added = texts(parameters.map("vars"));
        return change(environment, parameters, variables -> {
            variables.putAll(added);
            return variables;
        });
    }

    Map<String, Object> set(Environment environment, Parameters parameters) {
        Map<String, String> all = texts(parameters.map("vars"));
        return change(environment, parameters, variables -> all);
    }

    Map<String, Object> remove(Environment environment, Parameters parameters) {
        return change(environment, parameters, variables -> {
            parameters.list("vars").forEach(name -> variables.remove(String.valueOf(name)));
            return variables;
        });
    }

    private static Map<String, String> texts(Map<String, Object> vars) {
        Map<String, String> texts = new LinkedHashMap<>();
        vars.forEach((name, value) -> {
            String text = value == null ? "" : String.valueOf(value);
            try {
                Variables.check(name, text);
            } catch (EnvironmentException e) {
                throw new Answers.Failure(Answers.BAD_PARAMETER, e.getMessage());
            }
            texts.put(name, text);
        });
        return texts;
    }

    private synchronized Map<String, Object> change(Environment environment, Parameters parameters,
            UnaryOperator<Map<String, String>> change) {
        for (LocalNode node : LocalPlatform.nodes(environments, environment, parameters)) {
            String text = Variables.format(change.apply(read(node)));
            // A rename, so that no reader on the node sees half of it; the copy carries mode and owner.
            NodeFiles.require(node, "/.jelenv", text.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                    "cp -p /.jelenv /.jelenv.new && cat > /.jelenv.new && mv /.jelenv.new /.jelenv");
        }
        return Answers.success();
    }

    private static Map<String, String> read(LocalNode node) {
        return Variables.parse(NodeFiles.require(node, "/.jelenv", Command.noInput(), "cat \"$1\"").outText());
    }
}
