package org.jpsrun.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jpsrun.platform.EnvironmentException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileServerTest {
    @TempDir
    Path folder;
    private String base;

    @BeforeEach
    void serve() throws IOException {
        Path served = Files.createDirectories(folder.resolve("served/sub")).getParent();
        Files.writeString(folder.resolve("secret"), "secret");
        Files.writeString(served.resolve("a file.yml"), "content");
        Files.writeString(served.resolve("empty"), "");
        Files.createSymbolicLink(served.resolve("sub/inside"), Path.of("../a file.yml"));
        Files.createSymbolicLink(served.resolve("outside"), Path.of("../secret"));
        Files.createSymbolicLink(served.resolve("up"), Path.of(".."));
        base = FileServer.start("127.0.0.1", served);
    }

    private HttpResponse<String> request(String method, String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(base + path))
                .method(method, HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void givesFiles() throws Exception {
        assertTrue(base.matches("http://127\\.0\\.0\\.1:18\\d{3}/"), base);
        assertEquals("content", request("GET", "a%20file.yml?cache=1").body());
        assertEquals("content", request("GET", "sub/inside").body());
        assertEquals(200, request("GET", "empty").statusCode());
        HttpResponse<String> head = request("HEAD", "a%20file.yml");
        assertEquals("", head.body());
        assertEquals("7", head.headers().firstValue("Content-Length").orElse(null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sub", "sub/", "none", "outside", "up/secret", "%2e%2e/secret", "sub/%2e%2e/%2e%2e/secret", "%00"})
    void hidesEverythingElse(String path) throws Exception {
        HttpResponse<String> response = request("GET", path);
        assertEquals(404, response.statusCode());
        assertEquals("", response.body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/../secret", "//etc/passwd", "/sub/../../secret"})
    void hidesWhatACarefulClientWouldNotAsk(String path) throws Exception {
        URI uri = URI.create(base);
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(answer.matches("(?s)HTTP/1\\.1 40[04] .*"), answer);
        }
    }

    @Test
    void changesNothing() throws Exception {
        assertEquals(405, request("PUT", "new").statusCode());
        assertEquals(405, request("DELETE", "empty").statusCode());
        assertTrue(Files.exists(folder.resolve("served/empty")));
    }

    @Test
    void refusesWhatIsNoFolder() {
        assertThrows(EnvironmentException.class, () -> FileServer.start("127.0.0.1", folder.resolve("secret")));
        assertThrows(EnvironmentException.class, () -> FileServer.start("127.0.0.1", folder.resolve("none")));
    }
}
