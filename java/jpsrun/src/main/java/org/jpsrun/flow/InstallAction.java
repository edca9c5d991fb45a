package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.manifest.BaseUrl;
import org.jpsrun.manifest.LocatedMap;
import org.jpsrun.manifest.Location;
import org.jpsrun.manifest.Manifest;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** {@code install}: runs another manifest. */
final class InstallAction implements Action {
    private static final int MAX_DEPTH = 10;

    @Override
    public Map<String, Object> perform(Run run, Call call) {
        List<Object> list = Values.list(call.rawValue());
        if (list == null && call.rawValue() instanceof String) {
            // A placeholder may give a manifest, or several.
            list = Values.list(call.value());
        }
        List<Object> items = list != null ? list : java.util.Collections.singletonList(call.rawValue());
        List<Map<String, Object>> requests = new ArrayList<>();
        for (Object item : items) {
            requests.addAll(perLayer(run, call, request(call, item)));
        }
        List<Map<String, Object>> answers = Parallel.map(requests, false, request -> {
            Map<String, Object> shown = new LinkedHashMap<>(request);
            shown.computeIfPresent("jps", (name, jps) -> jps instanceof Map ? "{…}" : jps);
            run.log(call.label() + ":  " + Json.write(shown));
            return install(run, request);
        });
        run.environment().refresh();
        Map<String, Object> answer = answers.stream().filter(one -> Values.result(one) != 0).findFirst()
                .orElse(answers.isEmpty() ? Values.ok() : answers.get(answers.size() - 1));
        run.log(call.label() + ".response: " + Json.write(answer));
        return answer;
    }

    /** The parameters of one install: {@code jps} is a link, a text or a manifest whose placeholders are its own. */
    private static Map<String, Object> request(Call call, Object item) {
        Map<String, Object> request = call.siblings();
        Map<String, Object> map = Values.map(item);
        if (map != null && map.containsKey("jps")) {
            Map<String, Object> own = new LinkedHashMap<>(map);
            Object jps = own.remove("jps");
            request.putAll(Values.map(call.resolver().resolve(own)));
            request.put("jps", jps instanceof Map ? jps : call.resolver().resolve(jps));
        } else if (map != null) {
            request.put("jps", map);
        } else if (item != null) {
            request.put("jps", call.resolver().resolve(item));
        } else if (call.rawSibling("jps") instanceof Map) {
            request.put("jps", call.rawSibling("jps"));
        }
        return request;
    }

    /** With brackets a manifest is installed once on each node group. */
    private static List<Map<String, Object>> perLayer(Run run, Call call, Map<String, Object> request) {
        if (!call.hasSelector()) {
            return List.of(request);
        }
        Map<Object, Map<String, Object>> layers = new LinkedHashMap<>();
        for (Map<String, Object> node : Selector.byWords(run, call.selector())) {
            Map<String, Object> layer = new LinkedHashMap<>(request);
            layer.put("nodeGroup", node.get("nodeGroup"));
            layers.putIfAbsent(node.get("nodeGroup"), layer);
        }
        if (layers.isEmpty()) {
            throw new ActionFailure(Values.error(Codes.NODE_NOT_FOUND, "can't find node by the given parameters"));
        }
        return new ArrayList<>(layers.values());
    }

    /**
     * Installs one manifest on this run's environment, or on the one that the request names.
     *
     * @param request {@code jps}, and {@code envName}, {@code settings}, {@code nodeGroup}, {@code loggerName}
     * @return the installation's response; a manifest that cannot be loaded is a response too
     */
    Map<String, Object> install(Run run, Map<String, Object> request) {
        if (run.depth() >= MAX_DEPTH) {
            return Values.error(Codes.UNKNOWN_ERROR, "manifests install each other more than " + MAX_DEPTH + " levels deep");
        }
        Manifest manifest;
        try {
            manifest = manifest(run, request.get("jps"));
        } catch (ManifestException e) {
            return Values.error(Codes.INIT_ERROR, (e.location() == null ? "" : e.location() + ": ") + e.getMessage()
                    + (e.hint() == null ? "" : " (" + e.hint() + ")"));
        }
        Object envName = request.containsKey("envName") ? request.get("envName") : run.identity().get("envName");
        Object settings = request.get("settings");
        if (settings instanceof String && !((String) settings).isBlank()) {
            try {
                settings = Json.read((String) settings);
            } catch (IllegalArgumentException e) {
                return Values.error(Codes.INIT_ERROR, "'settings' of an install is not a JSON object");
            }
        }
        Object group = request.get("nodeGroup");
        Object logger = request.get("loggerName");
        Installation installation = new Installation(run.host(), manifest, envName == null ? null : Values.text(envName),
                Values.map(settings) == null ? Map.of() : Values.map(settings), group == null ? null : Values.text(group),
                logger == null ? null : Values.text(logger), run.depth() + 1);
        return installation.run().response();
    }

    private static Manifest manifest(Run run, Object jps) {
        String base = run.manifest().baseUrl();
        Location here = run.manifest().start();
        Map<String, Object> map = Values.map(jps);
        if (map != null) {
            Map<String, Object> typed = new LinkedHashMap<>(map);
            if (map instanceof LocatedMap) {
                LocatedMap located = ((LocatedMap) map).copy();
                typed = located;
                here = located.start();
            }
            if (!typed.containsKey("type") && !typed.containsKey("jpsType")) {
                typed.put("type", "update");
            }
            typed.putIfAbsent("name", run.manifest().name());
            return run.loader().fromMap(typed, here, base);
        }
        String text = jps == null ? "" : Values.text(jps).trim();
        if (text.isEmpty()) {
            throw new ManifestException("'install' has no manifest", null, "add 'jps: …'");
        }
        return BaseUrl.isLink(text) ? run.loader().fromLink(text, base) : run.loader().fromText(text, "installed text", base);
    }
}
