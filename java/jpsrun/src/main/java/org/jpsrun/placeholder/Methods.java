package org.jpsrun.placeholder;

import static org.jpsrun.value.Undefined.UNDEFINED;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** Fields and methods of values in a placeholder's path. */
final class Methods {
    private Methods() {
    }

    /** A field of a map, or of a list, where any other name than the list's own means its first element. */
    static Object field(Object value, String name) {
        List<Object> list = Values.list(value);
        if (list != null) {
            switch (name) {
                case "length":
                    return list.size();
                case "first":
                case "master":
                    return list.isEmpty() ? UNDEFINED : list.get(0);
                case "last":
                    return list.isEmpty() ? UNDEFINED : list.get(list.size() - 1);
                default:
                    return list.isEmpty() ? UNDEFINED : field(list.get(0), name);
            }
        }
        Map<String, Object> map = Values.map(value);
        return map != null && map.containsKey(name) ? map.get(name) : UNDEFINED;
    }

    /** Calls a method; an unknown one gives UNDEFINED, an undefined value an empty result. */
    static Object call(Object value, String method, List<String> arguments) {
        boolean undefined = value == UNDEFINED;
        switch (method) {
            case "join":
                return undefined ? "" : join(Values.asList(value), arguments);
            case "toJSON":
                return undefined ? "" : toJson(value, arguments);
            case "print":
                return undefined ? "" : print(value);
            case "contains":
                return !undefined && contains(Values.asList(value), arguments);
            case "toBase64":
                return undefined ? "" : toBase64(Values.text(value));
            case "fromBase64":
                return undefined ? "" : fromBase64(Values.text(value));
            case "md5":
                return undefined ? "" : Functions.md5(Values.text(value));
            default:
                return UNDEFINED;
        }
    }

    private static String join(List<Object> list, List<String> arguments) {
        if (arguments.size() < 2) {
            List<String> texts = new ArrayList<>();
            list.forEach(element -> texts.add(Values.text(element)));
            return String.join(arguments.isEmpty() ? "" : arguments.get(0), texts);
        }
        String field = arguments.get(0);
        String separator = separator(String.join(",", arguments.subList(1, arguments.size())));
        List<String> texts = new ArrayList<>();
        for (Object element : list) {
            if (field.isEmpty()) {
                texts.add(Values.text(element));
            } else {
                Map<String, Object> map = Values.map(element);
                texts.add(map != null && map.containsKey(field) ? Values.text(map.get(field)) : "");
            }
        }
        return String.join(separator, texts);
    }

    /** Nothing stands for a comma; leading blanks are dropped unless there is nothing else. */
    private static String separator(String argument) {
        if (argument.isEmpty()) {
            return ",";
        }
        int start = 0;
        while (start < argument.length() && argument.charAt(start) == ' ') {
            start++;
        }
        return start == argument.length() ? argument : argument.substring(start);
    }

    private static String toJson(Object value, List<String> arguments) {
        if (arguments.isEmpty() || !arguments.get(0).trim().matches("\\d{1,3}")) {
            return Json.write(value);
        }
        return Json.write(value, Integer.parseInt(arguments.get(0).trim()));
    }

    private static String print(Object value) {
        return value instanceof Map || value instanceof List ? Json.write(value, 2) : Values.text(value);
    }

    private static boolean contains(List<Object> list, List<String> arguments) {
        if (arguments.isEmpty()) {
            return false;
        }
        if (arguments.size() == 1) {
            return list.stream().anyMatch(element -> Values.text(element).equals(arguments.get(0)));
        }
        String field = arguments.get(0).trim();
        String wanted = arguments.get(1).stripLeading();
        return list.stream().map(Values::map)
                .anyMatch(map -> map != null && map.containsKey(field) && Values.text(map.get(field)).equals(wanted));
    }

    static String toBase64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String fromBase64(String text) {
        try {
            return new String(Base64.getMimeDecoder().decode(text),
                    StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
