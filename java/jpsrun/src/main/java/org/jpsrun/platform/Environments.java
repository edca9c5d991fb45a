package org.jpsrun.platform;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The environments that this runner can make and run manifests on.
 *
 * <p>Names of environments are unique within one state folder. Every method throws
 * {@link EnvironmentException} when it cannot do what it says; what it had begun is then undone or can be
 * finished by {@link #destroy}. Implementations may be called from several threads.
 */
public interface Environments {
    /**
     * From now on, programs that run when the runner is ended by a signal end with it; call it once. Without it they
     * end only when the thread that waits for them is interrupted, so that what a cancelled run puts back is not cut off.
     */
    void endCommandsWithRunner();

    /**
     * Makes an environment as a definition file describes it. Nothing runs afterwards: see {@link #start}.
     *
     * @param definition YAML file with the environment's name, its node groups and what runs on its nodes
     * @param stateDir folder that keeps the environment between runs; made if it does not exist
     */
    void create(Path definition, Path stateDir);

    /** Starts all nodes of an environment and what runs on them; a running environment stays as it is. */
    void start(String name);

    /** Stops all nodes of an environment and keeps their files; a stopped environment stays as it is. */
    void stop(String name);

    /** Stops an environment and removes it with all its files. */
    void destroy(String name);

    /**
     * Describes environments.
     *
     * @param nameOrNull one environment's name, or null for all of them
     * @return one map an environment, with at least {@code name}, {@code status} and {@code nodes}; never null
     */
    List<Map<String, Object>> status(String nameOrNull);

    /**
     * Runs a command on one node and waits for its end.
     *
     * @param nodeSelector a node group (its first node), a node group with an index from 0 ({@code cp[1]}), or
     *     a node's id
     * @param user Unix user on the node
     * @param command program and arguments, as they are: no shell is put in between
     * @param in the command's standard input, read to its end or until the command ends; stays open
     * @param out where its standard output goes; stays open
     * @param err where its standard error goes; stays open
     * @return the command's exit status, 128 plus the signal's number when a signal ended it
     */
    int exec(String name, String nodeSelector, String user, List<String> command, InputStream in, OutputStream out,
            OutputStream err);

    /** The platform's API as a manifest on that environment sees it; the environment must be running. */
    Platform platform(String name);

    /**
     * Serves a folder by HTTP, read only and without listings, to the nodes of an environment, until the runner
     * ends.
     *
     * @param directory folder whose files are served; nothing above it can be reached, by links neither
     * @return the base URL, with a slash at its end, as the environment's nodes reach it
     */
    String serve(String name, Path directory);
}
