package org.jpsbackup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each test loads the classes by a class loader of its own, which needs the native library once more. */
class NativeLibraryTest {
    private static final String PROPERTY = "jpsbackup.library";
    private static final String TEMPORARY = "java.io.tmpdir";

    @TempDir
    Path directory;
    private String library;
    private String temporary;

    @BeforeEach
    void remember() {
        library = System.getProperty(PROPERTY);
        temporary = System.getProperty(TEMPORARY);
        NativeLibrary.load();
    }

    @AfterEach
    void putBack() {
        System.setProperty(PROPERTY, library);
        System.setProperty(TEMPORARY, temporary);
    }

    @Test
    void a_second_class_loader_gets_a_private_copy_that_is_deleted() throws Exception {
        try (URLClassLoader loader = loader(null)) {
            assertEquals(NativeLibrary.version(), version(loader));
        }
        assertNothingIsLeftBehind();
    }

    @Test
    void the_jar_brings_the_library() throws Exception {
        Path resources = Files.createDirectories(directory.resolve("jar/native/linux-" + machine()));
        Files.copy(Paths.get(library), resources.resolve("libjpsbackup_jni.so"));
        System.clearProperty(PROPERTY);
        try (URLClassLoader one = loader(directory.resolve("jar")); URLClassLoader other = loader(directory.resolve("jar"))) {
            assertEquals(NativeLibrary.version(), version(one));
            assertEquals(NativeLibrary.version(), version(other));
        }
        assertNothingIsLeftBehind();
    }

    @Test
    void all_that_was_tried_stands_in_the_error() throws Exception {
        System.clearProperty(PROPERTY);
        try (URLClassLoader loader = loader(null)) {
            String message = failure(loader);
            assertTrue(message.contains("java.library.path"), message);
            assertTrue(message.contains("/native/linux-" + machine()), message);
            assertEquals(message, failure(loader), "the second try says something else");
        }
    }

    @Test
    void a_property_that_names_no_library_is_an_error_by_itself() throws Exception {
        System.setProperty(PROPERTY, directory.resolve("none.so").toString());
        try (URLClassLoader loader = loader(null)) {
            String message = failure(loader);
            assertTrue(message.contains("system property jpsbackup.library '" + directory.resolve("none.so")), message);
        }
    }

    /** A platform that reloads its applications must not collect libraries; so nothing may hold on to the class loader. */
    @Test
    void a_class_loader_that_is_gone_takes_its_library_along() throws Exception {
        long before = mapped();
        useAndAbandonLoader();
        assertTrue(mapped() > before, "the second class loader mapped no library");
        for (int i = 0; i < 200 && mapped() > before; i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertEquals(before, mapped());
    }

    private void useAndAbandonLoader() throws Exception {
        try (URLClassLoader loader = loader(null)) {
            version(loader);
            // An operation starts the Cleaner, whose thread could hold on to the classes; it is left open on purpose.
            loader.loadClass(Operation.class.getName()).getConstructor().newInstance();
        }
    }

    private static long mapped() throws Exception {
        try (Stream<String> lines = Files.lines(Paths.get("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("libjpsbackup_jni.so")).count();
        }
    }

    private URLClassLoader loader(Path resources) throws MalformedURLException {
        System.setProperty(TEMPORARY, directory.toString());
        List<URL> places = new ArrayList<>();
        for (String place : System.getProperty("java.class.path").split(File.pathSeparator)) {
            places.add(new File(place).toURI().toURL());
        }
        if (resources != null) {
            places.add(resources.toUri().toURL());
        }
        return new URLClassLoader(places.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    }

    private static String version(ClassLoader loader) throws ReflectiveOperationException {
        return (String) loader.loadClass(NativeLibrary.class.getName()).getMethod("version").invoke(null);
    }

    private static String failure(ClassLoader loader) {
        Throwable cause = assertThrows(InvocationTargetException.class, () -> version(loader)).getCause();
        assertEquals(UnsatisfiedLinkError.class, cause.getClass());
        return cause.getMessage();
    }

    private void assertNothingIsLeftBehind() throws Exception {
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(0, left.filter(path -> path.getFileName().toString().startsWith("jpsbackup-")).count());
        }
    }

    private static String machine() {
        return System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");
    }
}
