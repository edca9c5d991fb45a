package org.jpsbackup.script;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The facade from an engine whose arrays are no {@code List}s. */
class NashornTest {
    @TempDir
    Path directory;

    @Test
    void a_backup_is_driven_by_a_script() throws Exception {
        ScriptEngine engine = new ScriptEngineManager().getEngineByName("nashorn");
        engine.put("directory", directory.toString());
        Map<?, ?> answer = (Map<?, ?>) engine.eval("var J = Packages.org.jpsbackup.script.Jpsbackup;"
                + "var store = {url: 'file://' + directory, region: undefined};"
                + "var claim = J.beginBackup({store: store, bucket: 'b', name: 'pr' + 'od', environment: {}}).get('claim');"
                + "var object = J.writeObject({store: store, bucket: 'b', key: claim.get('folder') + '/x.gz', text: 'x'}).get('object');"
                + "J.completeBackup({store: store, bucket: 'b', claim: claim, objects: [object]});");
        assertEquals(0L, answer.get("result"), answer::toString);
        Map<?, ?> listed = (Map<?, ?>) engine.eval("J.addToCatalog({store: store, bucket: 'b', key: 'c', entry: {name: 'n', "
                + "timestamp: '2026-01-01T00:00:00', mode: 'auto', list: [1, [], [2, 'x']]}});"
                + "J.listCatalog({store: store, bucket: 'b', key: 'c'});");
        Map<?, ?> entry = (Map<?, ?>) ((List<?>) listed.get("backups")).get(0);
        assertEquals(List.of(1L, List.of(), List.of(2L, "x")), entry.get("list"));
    }
}
