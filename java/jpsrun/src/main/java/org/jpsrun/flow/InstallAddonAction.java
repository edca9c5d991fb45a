package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpsrun.manifest.LocatedMap;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.value.Json;
import org.jpsrun.value.Values;

/** {@code installAddon}: installs an add-on that the manifest carries below {@code addons}. */
final class InstallAddonAction implements Action {
    @Override
    public Map<String, Object> perform(Run run, Call call) {
        Map<String, Object> last = Values.ok();
        for (Map<String, Object> item : call.items("id")) {
            String id = call.required(item, "id");
            Map<String, Object> addon = run.manifest().addon(id);
            if (addon == null) {
                throw new ManifestException("add-on '" + id + "' is not known", call.location(), "'id' names one below 'addons'");
            }
            Map<String, Object> request = new LinkedHashMap<>(item);
            Map<String, Object> typed = addon instanceof LocatedMap ? ((LocatedMap) addon).copy() : new LinkedHashMap<>(addon);
            // An embedded add-on is of this type whatever it says.
            typed.put("type", "update");
            request.put("jps", typed);
            run.log(call.label() + ":  " + Json.write(item));
            last = new InstallAction().install(run, request);
            run.log(call.label() + ".response: " + Json.write(last));
            if (Values.result(last) != 0) {
                return last;
            }
        }
        return last;
    }
}
