package org.jpsrun.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jpsrun.platform.EnvironmentException;

/**
 * The folder that keeps environments between runs: {@code ENV/environment.json}, {@code ENV/groups.json} and
 * {@code ENV/nodes/ID/} (the node's root, programs and process).
 */
final class StateFolder {
    static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final int FIRST_NODE_ID = 1001;
    private static final String FILE = "environment.json";

    /** A file lock keeps out other processes only. */
    private static final ReentrantLock THREADS = new ReentrantLock();

    private final Path root;

    StateFolder(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    /** An environment's folder; the name is checked, so it cannot lead elsewhere. */
    Path folder(String name) {
        if (name == null || !name.matches("[a-z][a-z0-9-]{0,30}")) {
            throw new EnvironmentException("bad name of an environment: '" + name + "'",
                    "use up to 31 small letters, digits and '-', a letter first");
        }
        return root.resolve(name);
    }

    boolean exists(String name) {
        return Files.exists(folder(name).resolve(FILE));
    }

    Environment load(String name) {
        Path file = folder(name).resolve(FILE);
        try {
            if (!Files.exists(file)) {
                throw new EnvironmentException("there is no environment '" + name + "' in '" + root + "'",
                        "'jpsrun env status' lists them; 'jpsrun env create' makes one");
            }
            return JSON.readValue(file.toFile(), Environment.class);
        } catch (IOException e) {
            throw new EnvironmentException("cannot read '" + file + "': " + e.getMessage(),
                    "'jpsrun env destroy " + name + "' removes what is left of it", e);
        }
    }

    void save(Environment environment) {
        write(folder(environment.name).resolve(FILE), environment);
    }

    /** Replaces a file with a value's JSON, whole or not at all. */
    static void write(Path file, Object value) {
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.write(temporary, JSON.writeValueAsBytes(value));
            try {
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                throw new IOException("the filesystem has no atomic rename", e);
            }
        } catch (IOException e) {
            throw new EnvironmentException("cannot write '" + file + "': " + e.getMessage(), null, e);
        }
    }

    List<String> names() {
        List<String> names = new ArrayList<>();
        if (Files.isDirectory(root)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
                for (Path entry : entries) {
                    if (Files.exists(entry.resolve(FILE))) {
                        names.add(entry.getFileName().toString());
                    }
                }
            } catch (IOException e) {
                throw new EnvironmentException("cannot list '" + root + "': " + e.getMessage(), null, e);
            }
        }
        Collections.sort(names);
        return names;
    }

    /** Reserves numbers for nodes; none is ever given twice in one state folder. Call within {@link #locked}. */
    int reserveNodeIds(int count) {
        Path file = root.resolve("next-node-id");
        try {
            int next = Files.exists(file) ? Integer.parseInt(Files.readString(file).trim()) : FIRST_NODE_ID;
            write(file, next + count);
            return next;
        } catch (IOException | NumberFormatException e) {
            throw new EnvironmentException("cannot read '" + file + "': " + e.getMessage(), null, e);
        }
    }

    /** Does something while no other runner and no other thread changes environments of this folder. */
    void locked(Runnable work) {
        THREADS.lock();
        try {
            // Nodes' roots hold passwords and set-user-id programs: nobody but root reaches them from outside.
            Files.createDirectories(root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            try (FileChannel channel = FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock();
                work.run();
            }
        } catch (IOException e) {
            throw new EnvironmentException("cannot use state folder '" + root + "': " + e,
                    "nodes need root's rights; choose another folder with --state", e);
        } finally {
            THREADS.unlock();
        }
    }
}
