package org.jpsbackup.script;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jpsbackup.JpsBackupException;

/**
 * The members of one object that a script gave. Each is asked for by name and kind; {@link #refuseOthers()} then refuses what nobody asked
 * for, because a mistyped option must not be left out silently. Messages name members, never their values: some are secret.
 */
final class Arguments {
    private final String where;
    private final Map<String, Object> members;
    private final TreeSet<String> known = new TreeSet<>();

    @SuppressWarnings("unchecked")
    Arguments(String where, Object object) {
        this.where = where;
        Object plain = PlainValues.of(object);
        if (!(plain instanceof Map)) {
            throw usage("'" + where + "' is not an object", "give one object, such as {store: {url: …}, bucket: …}");
        }
        members = (Map<String, Object>) plain;
    }

    String text(String name) {
        return required(name, optionalText(name));
    }

    /**
     * {@code null} where it is not given, or empty: that is what a manifest's placeholder for a setting leaves that nobody set. A number
     * counts as its decimal text.
     */
    String optionalText(String name) {
        Object value = take(name);
        if (value == null || value instanceof String) {
            return "".equals(value) ? null : (String) value;
        }
        if (value instanceof Long) {
            return value.toString();
        }
        throw wrongKind(name, "a text");
    }

    /** The bytes of a required text, which may be empty. */
    byte[] content(String name) {
        Object value = required(name, take(name));
        if (!(value instanceof String)) {
            throw wrongKind(name, "a text");
        }
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap((String) value));
            return Arrays.copyOf(encoded.array(), encoded.limit());
        } catch (CharacterCodingException e) {
            throw wrongKind(name, "a text in whole characters (it holds half of a surrogate pair)");
        }
    }

    /** "true" and "false" count too: the platform's settings are often texts. */
    boolean flag(String name) {
        Object value = take(name);
        if (value == null || "".equals(value) || "false".equals(value) || Boolean.FALSE.equals(value)) {
            return false;
        }
        if ("true".equals(value) || Boolean.TRUE.equals(value)) {
            return true;
        }
        throw wrongKind(name, "true or false");
    }

    /** A whole number, or its decimal text. */
    int number(String name, int least, int most) {
        Object value = required(name, take(name));
        if (value instanceof Long || value instanceof String && ((String) value).matches("[0-9]{1,18}")) {
            long number = Long.parseLong(value.toString());
            if (number >= least && number <= most) {
                return (int) number;
            }
        }
        throw wrongKind(name, "a whole number from " + least + " to " + most);
    }

    /** As {@link #number}; 0 where it is not given, or empty. */
    int optionalNumber(String name, int least, int most) {
        Object value = take(name);
        return value == null || "".equals(value) ? 0 : number(name, least, most);
    }

    Map<String, Object> object(String name) {
        return required(name, optionalObject(name));
    }

    @SuppressWarnings("unchecked")
    Map<String, Object> optionalObject(String name) {
        Object value = take(name);
        if (value == null || value instanceof Map) {
            return (Map<String, Object>) value;
        }
        throw wrongKind(name, "an object");
    }

    /** An object of texts. Numbers and booleans count as their texts; members that are {@code null} or undefined are left out. */
    Map<String, Object> optionalFacts(String name) {
        Map<String, Object> object = optionalObject(name);
        if (object == null) {
            return null;
        }
        Map<String, Object> facts = new LinkedHashMap<>();
        for (Map.Entry<String, Object> member : object.entrySet()) {
            Object value = member.getValue();
            if (value instanceof Map || value instanceof List) {
                throw wrongKind(name + "." + member.getKey(), "a text");
            }
            if (value != null) {
                facts.put(member.getKey(), value.toString());
            }
        }
        return facts;
    }

    /** A required object of texts, as {@link #optionalFacts} reads it. */
    Map<String, String> facts(String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        required(name, optionalFacts(name)).forEach((key, value) -> texts.put(key, (String) value));
        return texts;
    }

    List<Map<String, Object>> objects(String name) {
        List<Map<String, Object>> objects = new ArrayList<>();
        for (Object element : required(name, list(name))) {
            @SuppressWarnings("unchecked")
            Map<String, Object> object = element instanceof Map ? (Map<String, Object>) element : null;
            if (object == null) {
                throw wrongKind(name, "an array of objects");
            }
            objects.add(object);
        }
        return objects;
    }

    List<String> texts(String name) {
        return required(name, optionalTexts(name));
    }

    List<String> optionalTexts(String name) {
        List<?> list = list(name);
        if (list == null) {
            return null;
        }
        List<String> texts = new ArrayList<>();
        for (Object element : list) {
            if (!(element instanceof String)) {
                throw wrongKind(name, "an array of texts");
            }
            texts.add((String) element);
        }
        return texts;
    }

    /** The members of a member, with its path as their place. */
    Arguments nested(String name) {
        return new Arguments(path(name), required(name, take(name)));
    }

    /** {@code null} where it is not given. */
    Arguments optionalNested(String name) {
        Object value = take(name);
        return value == null ? null : new Arguments(path(name), value);
    }

    void refuseOthers() {
        for (String name : members.keySet()) {
            if (!known.contains(name)) {
                throw usage("'" + where + "' has no member '" + name + "'",
                        known.isEmpty() ? "leave it out" : "its members are: " + String.join(", ", known));
            }
        }
    }

    JpsBackupException wrongKind(String name, String kind) {
        return usage("'" + path(name) + "' is not " + kind, "give " + kind);
    }

    /** The members do not go together. */
    JpsBackupException refused(String what, String hint) {
        return usage("'" + where + "' " + what, hint);
    }

    private List<?> list(String name) {
        Object value = take(name);
        if (value == null || value instanceof List) {
            return (List<?>) value;
        }
        if (value instanceof String) {
            return Collections.singletonList(value);
        }
        throw wrongKind(name, "an array");
    }

    private Object take(String name) {
        known.add(name);
        return members.get(name);
    }

    private <T> T required(String name, T value) {
        if (value == null) {
            throw usage("'" + path(name) + "' is missing", "give it");
        }
        return value;
    }

    private String path(String name) {
        return where + "." + name;
    }

    private static JpsBackupException usage(String text, String hint) {
        return new JpsBackupException(JpsBackupException.Code.USAGE, text, hint);
    }
}
