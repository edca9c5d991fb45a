package org.jpsrun.flow;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jpsrun.manifest.BaseUrl;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.value.Values;

/** Which responses end a run, and what the run's own response is then. */
final class Endings {
    private static final List<String> TYPES = List.of("error", "warning", "info", "success");

    private Endings() {
    }

    /** Whether an action with this response ends the run. */
    static boolean ends(Run run, Map<String, Object> response) {
        return Values.result(response) != 0 || typeIn(response.get("result")) != null
                || response.get("result") == null && typeIn(response.get("type")) != null;
    }

    private static String typeIn(Object value) {
        String text = value instanceof String ? ((String) value).trim().toLowerCase(Locale.ROOT) : "";
        return TYPES.contains(text) ? text : null;
    }

    /**
     * The response of a run that this response ended: {@code result}, {@code type}, {@code message} and what else
     * the response holds. What the response says itself wins over the manifest's {@code responses}.
     */
    static Map<String, Object> response(Run run, Map<String, Object> response) {
        Map<String, Object> ending = new java.util.LinkedHashMap<>(response);
        Map<String, Object> section = section(run, response);
        String type = typeIn(response.get("type"));
        if (type == null) {
            type = typeIn(response.get("result"));
        }
        if (type == null && section != null) {
            type = typeIn(section.get("type"));
        }
        type = type == null ? "error" : type;
        int code = Values.result(response);
        ending.put("result", type.equals("success") ? 0 : code != 0 ? code : Codes.TEXT_RESPONSE);
        ending.put("type", type);
        Object message = response.get("message");
        if (message == null && section != null) {
            message = section.get("message");
        }
        if (message == null) {
            message = response.get("error") != null ? response.get("error") : response.get("reason");
        }
        if (message != null) {
            ending.put("message", text(run, message));
        }
        return ending;
    }

    private static Map<String, Object> section(Run run, Map<String, Object> response) {
        Map<String, Object> sections = Values.map(run.manifest().field("responses"));
        if (sections == null) {
            return null;
        }
        for (String member : new String[] {"result", "error", "message"}) {
            Object key = response.get(member);
            Object entry = key == null ? null : sections.get(Values.text(key));
            if (entry instanceof String) {
                return Map.of("type", "error", "message", entry);
            }
            if (entry instanceof Map) {
                return Values.map(entry);
            }
        }
        return null;
    }

    /** A text for the user: one of several languages, perhaps in a file, with placeholders replaced. */
    static String text(Run run, Object value) {
        Object chosen = value;
        Map<String, Object> languages = Values.map(value);
        if (languages != null && !languages.isEmpty()) {
            chosen = languages.containsKey("en") ? languages.get("en") : languages.values().iterator().next();
        }
        String text = run.resolver(new Frame(null, 0, Map.of())).text(Values.text(chosen));
        boolean mayBeFile = BaseUrl.isLink(text) && text.matches(".*[./].*");
        if (!mayBeFile) {
            return text;
        }
        try {
            String body = run.resources().load(text, run.manifest().baseUrl()).body();
            return run.resolver(new Frame(null, 0, Map.of())).text(body);
        } catch (ManifestException e) {
            // No such file: then the text itself is meant.
            return text;
        }
    }
}
