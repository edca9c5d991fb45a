package org.jpsbackup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Finds and loads the native library, once for each class loader of this class: the file that the system property
 * {@code jpsbackup.library} names (and then no other), else {@code libjpsbackup_jni.so} on {@code java.library.path}, else the copy in
 * the jar. The JVM refuses to load one file for two class loaders; so the second one, and the jar's copy always, get a private file
 * in a private directory, both deleted as soon as it is loaded.
 */
public final class NativeLibrary {
    private static final String PROPERTY = "jpsbackup.library";
    private static final String FILE_NAME = "libjpsbackup_jni.so";

    private static boolean loaded;
    private static String failure;

    private NativeLibrary() {
    }

    /**
     * Does nothing where it is loaded already.
     *
     * @throws UnsatisfiedLinkError with all that was tried, and why it failed
     */
    public static synchronized void load() {
        if (loaded) {
            return;
        }
        if (failure == null) {
            List<String> tried = new ArrayList<>();
            if (find(tried)) {
                loaded = true;
                return;
            }
            failure = "cannot load the native library of jpsbackup; tried " + String.join("; ", tried);
        }
        throw new UnsatisfiedLinkError(failure);
    }

    /** The native library's version, such as "0.1.0". */
    public static String version() {
        load();
        return Utf8.decode(libraryVersion());
    }

    private static boolean find(List<String> tried) {
        String property = System.getProperty(PROPERTY);
        if (property != null) {
            return tryFile(Paths.get(property).toAbsolutePath(), "system property " + PROPERTY, tried);
        }
        for (String directory : System.getProperty("java.library.path", "").split(":")) {
            Path file = Paths.get(directory.isEmpty() ? "." : directory, FILE_NAME).toAbsolutePath();
            if (Files.exists(file) && tryFile(file, "java.library.path", tried)) {
                return true;
            }
        }
        if (tried.isEmpty()) {
            tried.add("java.library.path: no " + FILE_NAME + " there");
        }
        return tryJar(tried);
    }

    private static boolean tryFile(Path file, String origin, List<String> tried) {
        try {
            System.load(file.toString());
            return true;
        } catch (UnsatisfiedLinkError e) {
            if (!String.valueOf(e.getMessage()).contains("already loaded in another classloader")) {
                tried.add(origin + " '" + file + "': " + e.getMessage());
                return false;
            }
        }
        try (InputStream library = Files.newInputStream(file)) {
            loadCopy(library);
            return true;
        } catch (IOException | UnsatisfiedLinkError e) {
            tried.add(origin + ", a private copy of '" + file + "': " + e.getMessage());
            return false;
        }
    }

    private static boolean tryJar(List<String> tried) {
        String resource = "/native/linux-" + architecture() + "/" + FILE_NAME;
        try (InputStream library = NativeLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                tried.add("the jar: it holds no " + resource);
                return false;
            }
            loadCopy(library);
            return true;
        } catch (IOException | UnsatisfiedLinkError e) {
            tried.add("the jar's " + resource + ", unpacked below '" + System.getProperty("java.io.tmpdir") + "': " + e.getMessage());
            return false;
        }
    }

    private static void loadCopy(InputStream library) throws IOException {
        Path directory = Files.createTempDirectory("jpsbackup-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path file = directory.resolve(FILE_NAME);
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (OutputStream out = Files.newOutputStream(file)) {
                library.transferTo(out);
            }
            System.load(file.toString());
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(directory);
        }
    }

    /** As {@code uname -m} names it. */
    private static String architecture() {
        String name = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return name.equals("amd64") ? "x86_64" : name;
    }

    private static native byte[] libraryVersion();
}
