package org.jpsrun.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.jpsrun.manifest.ManifestReader;
import org.jpsrun.placeholder.Functions;
import org.jpsrun.placeholder.Resolver;
import org.jpsrun.value.Undefined;
import org.junit.jupiter.api.Test;

class SettingsFormTest {
    private final SettingsForm form = new SettingsForm(ManifestReader.read("fields:\n"
            + "  - {name: must}\n  - {name: may, required: false}\n  - {name: kind, type: list, values: [{value: a, caption: A}], default: a}\n"
            + "  - {name: shape, regex: '^[a-z]+$', regexText: small letters, required: false}\n"
            + "  - {name: api_token, regex: '^[a-z]+$', required: false}\n"
            + "  - {name: pin, inputType: password, regex: '^[0-9]+$', required: false}\n", "f"));

    private void check(Map<String, Object> given) {
        form.check(given, form.values(given, new Resolver(name -> Undefined.UNDEFINED, new Functions("1"))));
    }

    private void refused(String message, Map<String, Object> given) {
        assertEquals(message, assertThrows(InvalidSettingException.class, () -> check(given)).getMessage());
    }

    @Test
    void whatFits() {
        check(Map.of("must", "x"));
        check(Map.of("must", "x", "kind", "a", "shape", "abc", "may", ""));
    }

    @Test
    void whatDoesNotFit() {
        refused("setting 'must' is required", Map.of());
        refused("setting 'must' is required", Map.of("must", ""));
        refused("the manifest has no setting 'other'", Map.of("must", "x", "other", "y"));
        refused("setting 'kind' cannot be 'b'", Map.of("must", "x", "kind", "b"));
        refused("setting 'shape' cannot be 'A'", Map.of("must", "x", "shape", "A"));
    }

    @Test
    void secretsAreNotQuoted() {
        refused("setting 'api_token' cannot be what was given", Map.of("must", "x", "api_token", "A9"));
        refused("setting 'pin' cannot be what was given", Map.of("must", "x", "pin", "wrong"));
    }
}
