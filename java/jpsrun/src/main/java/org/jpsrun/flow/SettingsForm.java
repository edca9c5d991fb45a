package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jpsrun.console.Secrets;
import org.jpsrun.placeholder.Resolver;
import org.jpsrun.value.Undefined;
import org.jpsrun.value.Values;

/** The installation form of a manifest: which settings there are, their defaults and what they may be. */
final class SettingsForm {
    private final Object fields;

    /** The form of a manifest's {@code settings}: its own fields, or those of the form {@code main}. */
    SettingsForm(Object settings) {
        Map<String, Object> map = Values.map(settings);
        Map<String, Object> main = map == null ? null : Values.map(map.get("main"));
        fields = map == null ? null : map.containsKey("fields") ? map.get("fields") : main == null ? null : main.get("fields");
    }

    /** Whether the manifest has a form at all. */
    boolean exists() {
        return fields != null;
    }

    /** The names of all fields, those of branches that are not chosen too. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        collectNames(fields, names);
        return names;
    }

    private static void collectNames(Object fields, Set<String> names) {
        for (Object field : Values.asList(fields)) {
            Map<String, Object> map = Values.map(field);
            if (map == null) {
                continue;
            }
            if (map.get("name") != null) {
                names.add(Values.text(map.get("name")));
            }
            collectNames(map.get("items"), names);
            Map<String, Object> branches = Values.map(map.get("showIf"));
            if (branches != null) {
                branches.values().forEach(branch -> collectNames(branch, names));
            }
        }
    }

    /**
     * The values of all fields that have one.
     *
     * @param given values that the user supplied, by name
     * @param resolver replaces placeholders in defaults
     */
    Map<String, Object> values(Map<String, Object> given, Resolver resolver) {
        Map<String, Object> values = new LinkedHashMap<>();
        fill(fields, given, resolver, values);
        given.forEach(values::putIfAbsent);
        return values;
    }

    private static void fill(Object fields, Map<String, Object> given, Resolver resolver, Map<String, Object> values) {
        for (Object field : Values.asList(fields)) {
            Map<String, Object> map = Values.map(field);
            if (map == null) {
                continue;
            }
            fill(map.get("items"), given, resolver, values);
            if (map.get("name") == null) {
                continue;
            }
            String name = Values.text(map.get("name"));
            Object value = given.containsKey(name) ? given.get(name) : defaultValue(map, resolver);
            if (value == Undefined.UNDEFINED) {
                continue;
            }
            values.put(name, typed(type(map), value));
            if (type(map).equals("checkboxlist")) {
                options(map).forEach(option -> values.put(option, Selector.words(value).contains(option)));
            }
            Map<String, Object> branches = Values.map(map.get("showIf"));
            if (branches != null) {
                fill(branches.get(Values.text(value)), given, resolver, values);
            }
        }
    }

    private static Object defaultValue(Map<String, Object> field, Resolver resolver) {
        Object value = field.containsKey("default") ? field.get("default") : field.get("value");
        return value == null ? Undefined.UNDEFINED : resolver.resolve(value);
    }

    private static String type(Map<String, Object> field) {
        return Values.text(field.getOrDefault("type", "string")).toLowerCase(Locale.ROOT);
    }

    /** Settings are texts, except that a box is ticked or not, and that lists stay lists of a multiple choice. */
    private static Object typed(String type, Object value) {
        if (type.equals("checkbox") || type.equals("toggle")) {
            return Values.flag(value, false);
        }
        if (value instanceof List) {
            List<String> texts = new ArrayList<>();
            Values.list(value).forEach(element -> texts.add(Values.text(element)));
            return String.join(",", texts);
        }
        return value == null || value instanceof Map ? value : Values.text(value);
    }

    private static List<String> options(Map<String, Object> field) {
        Object values = field.get("values");
        List<String> options = new ArrayList<>();
        if (values instanceof Map) {
            options.addAll(Values.map(values).keySet());
        }
        for (Object option : values instanceof List ? Values.list(values) : List.of()) {
            Map<String, Object> map = Values.map(option);
            if (map == null) {
                options.add(Values.text(option));
            } else {
                options.add(Values.text(map.containsKey("value") ? map.get("value") : map.keySet().iterator().next()));
            }
        }
        return options;
    }

    /**
     * Checks what a user supplied against the form, before anything runs.
     *
     * @throws InvalidSettingException for a name that no field has, a required field without a value, a value
     *     that a list does not offer, and one that does not match its field's pattern
     */
    void check(Map<String, Object> given, Map<String, Object> values) {
        Set<String> names = names();
        for (String name : given.keySet()) {
            if (!names.contains(name)) {
                throw new InvalidSettingException("the manifest has no setting '" + name + "'",
                        names.isEmpty() ? "it has no settings" : "its settings are " + String.join(", ", names));
            }
        }
        checkFields(fields, values);
    }

    private static void checkFields(Object fields, Map<String, Object> values) {
        for (Object field : Values.asList(fields)) {
            Map<String, Object> map = Values.map(field);
            if (map == null) {
                continue;
            }
            checkFields(map.get("items"), values);
            if (map.get("name") == null || type(map).equals("displayfield") || type(map).equals("spacer")) {
                continue;
            }
            String name = Values.text(map.get("name"));
            Object value = values.get(name);
            String text = value == null ? "" : Values.text(value);
            if (text.isEmpty()) {
                if (Values.flag(map.get("required"), true) && !type(map).equals("checkboxlist")) {
                    throw new InvalidSettingException("setting '" + name + "' is required", "give it with --set " + name + "=…");
                }
                continue;
            }
            checkValue(map, name, text);
            Map<String, Object> branches = Values.map(map.get("showIf"));
            if (branches != null) {
                checkFields(branches.get(text), values);
            }
        }
    }

    private static String shown(Map<String, Object> field, String name, String text) {
        boolean secret = Secrets.isSecretName(name) || "password".equals(field.get("inputType"));
        return secret ? "what was given" : "'" + text + "'";
    }

    private static void checkValue(Map<String, Object> field, String name, String text) {
        List<String> options = options(field);
        boolean single = type(field).matches("list|radiolist|radio-fieldset") && !Values.flag(field.get("editable"), false)
                && !Values.flag(field.get("multiSelect"), false);
        if (single && !options.isEmpty() && !options.contains(text)) {
            throw new InvalidSettingException("setting '" + name + "' cannot be " + shown(field, name, text),
                    "it may be " + String.join(", ", options));
        }
        Object regex = field.get("regex");
        if (regex == null) {
            return;
        }
        try {
            if (!Pattern.compile(Values.text(regex)).matcher(text).find()) {
                Object why = field.get("regexText");
                throw new InvalidSettingException("setting '" + name + "' cannot be " + shown(field, name, text),
                        why == null ? "it must match " + regex : Values.text(why));
            }
        } catch (PatternSyntaxException e) {
            throw new InvalidSettingException("the pattern of setting '" + name + "' cannot be used: " + e.getDescription(), null);
        }
    }
}
