package org.jpsrun.flow;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpsrun.platform.ApiNames;
import org.jpsrun.platform.Platform;

/** The platform as one manifest calls it: fills in its identity, and installs manifests itself. */
final class Gateway implements Platform {
    private final Run run;

    Gateway(Run run) {
        this.run = run;
    }

    @Override
    public Map<String, Object> invoke(String method, Map<String, Object> parameters) {
        String canonical = ApiNames.canonical(method);
        Map<String, Object> whole = new LinkedHashMap<>(run.identity());
        whole.putAll(parameters);
        if (canonical.equalsIgnoreCase("marketplace.jps.Install")) {
            return new InstallAction().install(run, whole);
        }
        try {
            return run.host().platform().invoke(canonical, whole);
        } finally {
            if (run.host().isCancelled()) {
                // This call was interrupted; those that clean up after it must not be.
                Thread.interrupted();
            }
            // Whatever was called, the next look at 'env' or 'nodes' must see what it changed.
            if (!canonical.equalsIgnoreCase("environment.control.GetEnvInfo")) {
                run.environment().refresh();
            }
        }
    }
}
