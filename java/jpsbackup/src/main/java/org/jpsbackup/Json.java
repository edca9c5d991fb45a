package org.jpsbackup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;

/** JSON texts as plain maps and lists, and back. All whole numbers become {@code Long}. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(DeserializationFeature.USE_LONG_FOR_INTS);

    private Json() {
    }

    static Map<String, Object> readObject(byte[] text) {
        try {
            return MAPPER.readValue(text, new TypeReference<Map<String, Object>>() { });
        } catch (IOException e) {
            throw new JpsBackupException(JpsBackupException.Code.FORMAT, "the native library's account is malformed: " + e.getMessage(),
                    "use the jar and the library of one version", e);
        }
    }

    /** {@code null} stays {@code null}. */
    static byte[] write(String what, Object value) {
        if (value == null) {
            return null;
        }
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            // The original message quotes the value, which the caller may want to keep to itself.
            throw new JpsBackupException(JpsBackupException.Code.USAGE, "the " + what + " cannot be written as JSON",
                    "give maps, lists, strings, numbers and booleans only");
        }
    }
}
