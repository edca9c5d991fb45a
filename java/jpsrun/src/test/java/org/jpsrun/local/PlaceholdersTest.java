package org.jpsrun.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import org.jpsrun.platform.EnvironmentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlaceholdersTest {
    private final Placeholders placeholders;

    PlaceholdersTest() {
        Environment environment = TestEnvironments.environment();
        placeholders = new Placeholders(environment, environment.nodes.get(1), "/definitions",
                Collections.singletonMap("STORE", "/srv/${store}")::get);
    }

    @ParameterizedTest
    @CsvSource({
        "plain,plain",
        "$HOME $(x) $ {,$HOME $(x) $ {",
        "s${node.id},s1002",
        "${node.group}[${node.index}] ${node.name} ${node.address},cp[1] node1002-shop 10.99.9.2",
        "${nodes.cp.id} ${nodes.cp[1].id} ${nodes.sqldb.address},1001 1002 10.99.9.3",
        "${env.name} ${env.uid} ${env.gateway} ${env.role},shop 42 10.99.9.254 prod",
        "${definition}/x,/definitions/x",
        "$${A} $${node.id},${A} ${node.id}",
        // What a variable holds is not looked at again.
        "${host.STORE},/srv/${store}",
        "${host.NONE:a:b},a:b",
        "'${host.NONE:}',''",
    })
    void resolves(String text, String expected) {
        assertEquals(expected, placeholders.resolve(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"${A}", "${node.nose}", "${nodes.none.id}", "${nodes.cp[7].id}", "${nodes.cp}", "${}", "${host.NONE}"})
    void refusesWhatIsUnknown(String text) {
        assertThrows(EnvironmentException.class, () -> placeholders.resolve(text));
    }

    @Test
    void onlyHostVariablesBeforeThereIsAnEnvironment() {
        assertEquals("x /s", Placeholders.resolveHost("x ${host.S}", name -> "/s"));
        assertThrows(EnvironmentException.class, () -> Placeholders.resolveHost("${node.id}", name -> "/s"));
    }
}
