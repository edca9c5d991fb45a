package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.value.Values;

/** {@code call}: the old way to call custom actions, by name in the value. */
final class CallAction implements Action {
    @Override
    public Map<String, Object> perform(Run run, Call call) {
        for (Object part : Values.asList(call.value())) {
            Map<String, Object> block = new LinkedHashMap<>();
            Map<String, Object> map = Values.map(part);
            if (map == null) {
                block.put(Values.text(part), call.siblings().get("params"));
            } else {
                Object name = map.containsKey("action") ? map.get("action") : map.get("procedure");
                if (name != null) {
                    block.put(Values.text(name), map.get("params"));
                } else {
                    block.putAll(map);
                }
            }
            for (String name : block.keySet()) {
                if (run.manifest().action(Call.name(name)) == null) {
                    throw new ManifestException("action '" + name + "' is not known", call.location(),
                            "'call' takes the names of custom actions");
                }
            }
            new BlockRunner(run, call.frame()).execute(block, call.location());
        }
        return null;
    }
}
