package org.jpsrun.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jpsrun.value.Values;

/** Does the same for several elements at once. */
final class Parallel {
    private static final int MAX_THREADS = 16;
    // Whole manifests run on these threads too, and their actions may call each other deeply.
    private static final long STACK_BYTES = 256L << 20;

    private Parallel() {
    }

    /**
     * Applies a function to each element, all at the same time unless told otherwise.
     *
     * @param inOrder one after another, until one throws
     * @return the results in the elements' order
     */
    static <T, R> List<R> map(List<T> elements, boolean inOrder, Function<T, R> function) {
        List<R> results = new ArrayList<>();
        if (inOrder || elements.size() < 2) {
            elements.forEach(element -> results.add(function.apply(element)));
            return results;
        }
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(elements.size(), MAX_THREADS),
                task -> new Thread(null, task, "parallel action", STACK_BYTES));
        try {
            List<Future<R>> futures = new ArrayList<>();
            elements.forEach(element -> futures.add(threads.submit(() -> function.apply(element))));
            RuntimeException first = null;
            for (Future<R> future : futures) {
                try {
                    results.add(future.get());
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof Error) {
                        throw (Error) e.getCause();
                    }
                    first = first == null ? (RuntimeException) e.getCause() : first;
                }
            }
            if (first != null) {
                throw first;
            }
            return results;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ActionFailure(Values.error(Codes.UNKNOWN_ERROR, "cancelled"));
        } finally {
            threads.shutdownNow();
            awaitEnd(threads);
        }
    }

    /** A script that was interrupted may still be putting things back: nobody goes on, or ends, before it has. */
    private static void awaitEnd(ExecutorService threads) {
        boolean interrupted = Thread.interrupted();
        while (!threads.isTerminated()) {
            try {
                threads.awaitTermination(1, TimeUnit.HOURS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
