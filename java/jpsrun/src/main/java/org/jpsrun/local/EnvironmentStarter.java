package org.jpsrun.local;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jpsrun.platform.EnvironmentException;

/** Starts all nodes at once, then each group's services as soon as the groups that it builds on are ready. */
final class EnvironmentStarter {
    private final List<LocalNode> nodes;
    private final Bridge bridge;

    EnvironmentStarter(List<LocalNode> nodes, Bridge bridge) {
        this.nodes = nodes;
        this.bridge = bridge;
    }

    void start() {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<CompletableFuture<Void>> up = new ArrayList<>();
            for (LocalNode node : nodes) {
                if (!node.runs()) {
                    up.add(CompletableFuture.runAsync(() -> node.start(bridge), threads));
                }
            }
            all(up).join();
            Map<String, CompletableFuture<Void>> groups = new LinkedHashMap<>();
            for (LocalNode node : nodes) {
                List<CompletableFuture<Void>> earlier = new ArrayList<>();
                node.node.after.forEach(group -> earlier.add(groups.get(group)));
                CompletableFuture<Void> services = all(earlier).thenRunAsync(() -> {
                    if (!node.wasStarted()) {
                        node.startServices();
                    }
                }, threads);
                groups.merge(node.node.group, services, (one, other) -> CompletableFuture.allOf(one, other));
            }
            all(new ArrayList<>(groups.values())).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof EnvironmentException) {
                throw (EnvironmentException) e.getCause();
            }
            throw e;
        } finally {
            threads.shutdown();
        }
    }

    private static CompletableFuture<Void> all(List<CompletableFuture<Void>> futures) {
        return CompletableFuture.allOf(futures.toArray(new CompletableFuture<?>[0]));
    }
}
