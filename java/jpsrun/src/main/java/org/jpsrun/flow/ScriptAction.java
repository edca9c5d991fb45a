package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jpsrun.manifest.BaseUrl;
import org.jpsrun.manifest.Location;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.manifest.Resources;
import org.jpsrun.script.ScriptCall;
import org.jpsrun.script.ScriptException;
import org.jpsrun.value.Json;
import org.jpsrun.value.Undefined;
import org.jpsrun.value.Values;

/** {@code script}: runs JavaScript in the engine, once, or once a node. */
final class ScriptAction implements Action {
    private static final String AFTER = "onAfterReturn";

    @Override
    public Map<String, Object> perform(Run run, Call call) {
        Map<String, Object> last = Values.ok();
        for (Item item : items(call)) {
            last = runOne(run, call, item);
            if (Endings.ends(run, last)) {
                return last;
            }
        }
        return last;
    }

    /** One script and what it gets. */
    private static final class Item {
        private final Object source;
        private final Map<String, Object> parameters;

        Item(Object source, Map<String, Object> parameters) {
            this.source = source;
            this.parameters = parameters;
        }
    }

    private static List<Item> items(Call call) {
        Object value = call.rawValue();
        List<Object> list = Values.list(value);
        boolean lines = list != null && list.stream().noneMatch(element -> element instanceof Map);
        List<Item> items = new ArrayList<>();
        for (Object element : list == null || lines ? java.util.Collections.singletonList(value) : list) {
            Map<String, Object> map = Values.map(element);
            Map<String, Object> parameters = call.siblings();
            Object source = element;
            if (map != null) {
                source = map.containsKey("script") ? map.get("script") : map.get("body");
                Map<String, Object> own = new LinkedHashMap<>(map);
                own.remove("script");
                own.remove("body");
                parameters.putAll(Values.map(call.resolver().resolve(own)));
            }
            items.add(new Item(source, parameters));
        }
        return items;
    }

    private Map<String, Object> runOne(Run run, Call call, Item item) {
        String type = Values.text(item.parameters.getOrDefault("type", "js")).toLowerCase(Locale.ROOT);
        if (!type.equals("js") && !type.equals("javascript")) {
            throw new ManifestException("scripts of type '" + type + "' are not supported", call.location(),
                    "use 'type: js'");
        }
        Resources.Text file = file(run, call, item.source);
        String source = call.resolver().text(file != null ? file.body() : inline(call, item.source));
        // A script in a block scalar begins on the line after its key.
        Location location = file != null ? new Location(file.name(), 1)
                : new Location(call.location().file(), call.location().line() + (source.indexOf('\n') >= 0 ? 1 : 0));
        List<Map<String, Object>> nodes = call.hasSelector() ? Selector.require(run, call, item.parameters)
                : java.util.Collections.singletonList(null);
        boolean sync = Values.flag(Values.member(item.parameters, "sync"), false);
        Map<String, Object> merged = null;
        for (Map<String, Object> response : Parallel.map(nodes, sync, node ->
                evaluate(run, call, item, source, location, node))) {
            Object after = response.remove(AFTER);
            run.response(response);
            if (after != null && Values.result(response) == 0) {
                new BlockRunner(run, call.frame()).execute(after, call.location());
            }
            if (merged == null || Values.result(merged) == 0) {
                // What ran after the script left its own response, which is the last one then.
                merged = run.response();
            }
        }
        return merged;
    }

    /** The file that a source names, or null when the source is the script itself. */
    private static Resources.Text file(Run run, Call call, Object source) {
        if (!(source instanceof String)) {
            return null;
        }
        String link = call.resolver().text((String) source);
        return BaseUrl.isLink(link) ? run.resources().load(link, run.manifest().baseUrl()) : null;
    }

    private static String inline(Call call, Object source) {
        if (source == null) {
            throw new ManifestException("'" + call.name() + "' has no script", call.location(), null);
        }
        List<String> lines = new ArrayList<>();
        Values.asList(source).forEach(line -> lines.add(Values.text(line)));
        return String.join("\n", lines);
    }

    private Map<String, Object> evaluate(Run run, Call call, Item item, String source, Location location,
            Map<String, Object> node) {
        Map<String, Object> parameters = new LinkedHashMap<>(item.parameters);
        Map<String, Object> params = Values.map(parameters.remove("params"));
        if (params != null) {
            parameters.putAll(params);
        }
        if (node != null) {
            parameters.put("nodeId", node.get("id"));
            parameters.put("nodeGroup", node.get("nodeGroup"));
        }
        String label = node == null ? call.label() : Selector.label(call.name(), node);
        run.log(label + ":  " + Json.write(parameters));
        Map<String, Object> response;
        try {
            response = response(run.scripts().run(scriptCall(run, source, location, parameters)));
        } catch (ScriptException e) {
            response = Values.error(Codes.UNKNOWN_ERROR, "script failed at " + e.location() + ": " + e.getMessage());
        }
        run.log(label + ".response: " + Json.write(response));
        return response;
    }

    /** A script with the names that every script sees. */
    static ScriptCall scriptCall(Run run, String source, Location location, Map<String, Object> parameters) {
        ScriptCall script = new ScriptCall(source, location, run.platform());
        run.identity().forEach((name, value) -> script.variable(name, value).apiDefault(name, value));
        if (run.environment().exists()) {
            Map<String, Object> env = Values.map(run.environment().env());
            script.variable("appid", env.get("appid")).parameter("TARGET_APPID", env.get("appid"));
        }
        if (source.contains("MANIFEST")) {
            script.variable("MANIFEST", Json.write(run.manifest().root()));
        }
        if (source.contains("user")) {
            script.variable("user", run.resolver(new Frame(null, 0, Map.of())).path("user"));
        }
        script.variable("signature", "");
        parameters.forEach(script::parameter);
        return script;
    }

    /** A returned text is an error, nothing at all a success, and any other value a success that holds it. */
    private static Map<String, Object> response(Object returned) {
        if (returned instanceof Map) {
            Map<String, Object> response = new LinkedHashMap<>(Values.map(returned));
            if (!response.containsKey("type")) {
                response.putIfAbsent("result", 0);
            }
            return response;
        }
        if (returned instanceof String) {
            return LogicActions.fromText((String) returned);
        }
        Map<String, Object> response = Values.ok();
        if (returned != null && returned != Undefined.UNDEFINED) {
            response.put("response", returned);
        }
        return response;
    }
}
