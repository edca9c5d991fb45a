package org.jpsbackup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.jpsbackup.JpsBackupException.Code;
import org.jpsbackup.script.Jpsbackup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Grants of single objects, from a store that has no sessions: so requests are signed, as it refuses to copy by them. */
class GrantTest {
    private static final String SECRET = "wJalrXUtnFEMI-K7MDENG";
    private HttpServer server;
    private String endpoint;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders("PUT".equals(exchange.getRequestMethod()) ? 403 : 405, -1);
            exchange.close();
        });
        server.start();
        endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private Store open() {
        return Store.open(StoreOptions.builder("s3://").endpoint(endpoint).region("eu-west-1").credentials("AKID", SECRET.toCharArray()).build());
    }

    private void assertGrants(String credentials) {
        assertTrue(credentials.startsWith("JPSBACKUP_EXPIRES="), "it tells when it ends");
        assertTrue(credentials.contains("\nJPSBACKUP_GRANTS={\"version\":1,"), "it holds requests");
        assertTrue(credentials.contains("\"mine/read ü\"".replace("ü", "\\u00FC")) && credentials.contains("\"mine/small\""), "on both objects");
        assertTrue(credentials.contains("X-Amz-Expires=600&"), "for the time that was asked for");
        assertFalse(credentials.contains(SECRET), "it holds a key");
    }

    @Test
    void what_is_granted_comes_as_a_credentials_file() {
        try (Store store = open()) {
            assertGrants(store.grant("mine", new GrantOptions().read("read ü").write("small", 100).seconds(600), null));
        }
    }

    @Test
    void scripts_get_the_same() {
        Map<String, Object> answer = Jpsbackup.grantObjects(Map.of("bucket", "mine", "read", List.of("read ü"), "writeSmall", List.of("small"),
                "seconds", 600L, "store", Map.of("url", "s3://", "endpoint", endpoint, "accessKey", "AKID", "secretKey", SECRET)));
        assertEquals(0L, answer.get("result"), () -> String.valueOf(answer.get("error")));
        assertGrants((String) answer.get("credentials"));
        Map<String, Object> wrong = Jpsbackup.grantObjects(Map.of("bucket", "mine", "reads", List.of("x"), "store", Map.of("url", "s3://")));
        assertEquals("usage", wrong.get("code"));
    }

    @Test
    void nothing_and_nonsense_are_refused() {
        try (Store store = open()) {
            assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> store.grant("mine", new GrantOptions(), null)).code());
            assertEquals(Code.USAGE,
                    assertThrows(JpsBackupException.class, () -> store.grant("mine", new GrantOptions().read("../x"), null)).code());
            assertThrows(JpsBackupException.class, () -> new GrantOptions().write("x", -1));
            assertThrows(JpsBackupException.class, () -> new GrantOptions().seconds(-1));
        }
    }
}
