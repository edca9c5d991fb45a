package org.jpsrun.manifest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;

/** Reads JSON into maps and lists that know their lines. */
final class JsonReader {
    private static final int MAX_DEPTH = 100;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            // Manifests carry scripts whose lines are broken inside a JSON string, and commas before a closing bracket.
            .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS).enable(JsonReadFeature.ALLOW_TRAILING_COMMA).build();

    private final String file;
    private final JsonParser parser;

    private JsonReader(String file, JsonParser parser) {
        this.file = file;
        this.parser = parser;
    }

    /**
     * Reads one JSON value.
     *
     * @throws IOException when the text is not JSON
     */
    static Object read(String text, String file) throws IOException {
        try (JsonParser parser = FACTORY.createParser(text)) {
            JsonReader reader = new JsonReader(file, parser);
            Object value = reader.value(parser.nextToken());
            if (parser.nextToken() != null) {
                throw new IOException("text after the end of the value");
            }
            return value;
        }
    }

    private Object value(JsonToken token) throws IOException {
        if (token == null) {
            throw new IOException("the text ends too early");
        }
        switch (token) {
            case START_OBJECT:
                return object();
            case START_ARRAY:
                return array();
            case VALUE_NULL:
                return null;
            case VALUE_TRUE:
            case VALUE_FALSE:
                return parser.getBooleanValue();
            case VALUE_NUMBER_INT:
            case VALUE_NUMBER_FLOAT:
                return parser.getNumberValue();
            default:
                return parser.getText();
        }
    }

    private LocatedMap object() throws IOException {
        LocatedMap map = new LocatedMap(here());
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Location location = here();
            String key = parser.currentName();
            map.put(key, value(parser.nextToken()), location);
        }
        return map;
    }

    private LocatedList array() throws IOException {
        LocatedList list = new LocatedList();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            Location location = here();
            list.add(value(token), location);
        }
        return list;
    }

    private Location here() {
        return new Location(file, parser.currentTokenLocation().getLineNr());
    }
}
