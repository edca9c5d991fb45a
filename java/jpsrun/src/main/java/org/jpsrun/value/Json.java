package org.jpsrun.value;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;

/** JSON text of the values that manifests work with, and back. Thread-safe. */
public final class Json {
    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private Json() {
    }

    /** Compact text. */
    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("value has no JSON text: " + e.getOriginalMessage(), e);
        }
    }

    /** Text indented by that many blanks a level (16 at most), each array element on a line of its own. */
    public static String write(Object value, int indent) {
        String blanks = " ".repeat(Math.max(0, Math.min(indent, 16)));
        DefaultPrettyPrinter printer = new Printer();
        DefaultIndenter indenter = new DefaultIndenter(blanks, "\n");
        printer.indentObjectsWith(indenter);
        printer.indentArraysWith(indenter);
        try {
            return MAPPER.writer(printer).writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("value has no JSON text: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * Reads one JSON value.
     *
     * @throws IllegalArgumentException when the text is not JSON
     */
    public static Object read(String text) {
        try {
            return MAPPER.readValue(text, Object.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** Writes as JavaScript's JSON.stringify does: one blank after a name's colon, none before. */
    private static final class Printer extends DefaultPrettyPrinter {
        Printer() {
            _objectFieldValueSeparatorWithSpaces = ": ";
            _objectEmptySeparator = "";
            _arrayEmptySeparator = "";
        }

        private Printer(Printer base) {
            super(base);
        }

        @Override
        public DefaultPrettyPrinter createInstance() {
            return new Printer(this);
        }
    }
}
