package org.jpsrun.manifest;

import java.io.IOException;

/** Reads a manifest's text, which is YAML or JSON whatever its file is called. */
public final class ManifestReader {
    private ManifestReader() {
    }

    /**
     * Reads a manifest.
     *
     * @param file name or URL for messages
     * @throws ManifestException when the text is neither YAML nor JSON, exceeds a limit or is not a mapping
     */
    public static LocatedMap read(String text, String file) {
        Object value = parse(text.startsWith("\uFEFF") ? text.substring(1) : text, file);
        if (!(value instanceof LocatedMap)) {
            throw new ManifestException("manifest is not a mapping", new Location(file, 1),
                    "a manifest begins with keys such as 'type:' and 'name:'");
        }
        return (LocatedMap) value;
    }

    private static Object parse(String text, String file) {
        if (text.stripLeading().startsWith("{")) {
            try {
                return JsonReader.read(text, file);
            } catch (IOException e) {
                // JSON with a trailing comma is no JSON, yet manifests have it, and as YAML it loads.
                try {
                    return YamlReader.read(text, file);
                } catch (ManifestException yaml) {
                    throw new ManifestException(yaml.getMessage() + " (and not JSON: " + firstLine(e) + ")",
                            yaml.location(), yaml.hint(), e);
                }
            }
        }
        return YamlReader.read(text, file);
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).split("\n", 2)[0];
    }
}
