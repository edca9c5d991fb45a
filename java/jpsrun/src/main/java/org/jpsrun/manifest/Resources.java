package org.jpsrun.manifest;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the files that manifests refer to: mixins, scripts, further manifests.
 *
 * <p>Only what lies below an allowed root is read, whatever a manifest says, after {@code ..} and links are
 * resolved. Thread-safe once the roots are set.
 */
public final class Resources {
    /** The most bytes that a resource may have. */
    public static final int MAX_BYTES = 4 << 20;

    private static final int MAX_REDIRECTS = 5;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final Map<String, Path> directories = new LinkedHashMap<>();
    private final List<String> urls = new ArrayList<>();
    private HttpClient client;

    /** A resource's text and the name under which messages show it. */
    public static final class Text {
        private final String name;
        private final String body;

        Text(String name, String body) {
            this.name = name;
            this.body = body;
        }

        /** File or URL for messages. */
        public String name() {
            return name;
        }

        /** The text. */
        public String body() {
            return body;
        }
    }

    /**
     * Allows everything below a folder.
     *
     * @param url the folder's URL as manifests see it, for example where it is served to nodes; such URLs are
     *     read from the folder, not fetched
     */
    public void allowDirectory(String url, Path directory) throws IOException {
        directories.put(BaseUrl.normalize(url), directory.toRealPath());
    }

    /** Allows everything below an http or https URL. */
    public void allowUrl(String url) {
        urls.add(BaseUrl.normalize(url));
    }

    /**
     * Reads what a link refers to.
     *
     * @param base base URL that a relative link belongs to
     * @throws ManifestException when it lies outside the roots, is too long or cannot be read;
     *     {@link ManifestException#isMissing} when it does not exist
     */
    public Text load(String link, String base) {
        URI uri = BaseUrl.resolve(link, base);
        for (Map.Entry<String, Path> root : directories.entrySet()) {
            if (uri.toString().startsWith(root.getKey())) {
                return readFile(uri, root.getKey(), root.getValue());
            }
        }
        return fetch(uri, link, 0);
    }

    private static Text readFile(URI uri, String rootUrl, Path root) {
        // getPath is decoded, so an encoded '..' is seen here.
        String relative = uri.getPath().substring(URI.create(rootUrl).getPath().length());
        Path path = root.resolve(relative).normalize();
        if (!path.startsWith(root)) {
            throw outside(relative);
        }
        try {
            if (!path.toRealPath().startsWith(root)) {
                throw outside(relative);
            }
            if (!Files.isRegularFile(path)) {
                throw ManifestException.missing("'" + path + "' is not a file", null);
            }
            try (InputStream in = Files.newInputStream(path)) {
                return new Text(path.toString(), read(in, path.toString()));
            }
        } catch (NoSuchFileException e) {
            throw ManifestException.missing("file '" + path + "' does not exist",
                    "links are relative to the main manifest's folder or its 'baseUrl'");
        } catch (IOException e) {
            throw new ManifestException("file '" + path + "' cannot be read: " + e.getMessage(), null, null, e);
        }
    }

    private Text fetch(URI uri, String link, int redirects) {
        if (urls.stream().noneMatch(uri.toString()::startsWith)) {
            throw outside(link);
        }
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(TIMEOUT).GET().build();
        try {
            HttpResponse<InputStream> response = client().send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                int status = response.statusCode();
                String target = response.headers().firstValue("location").orElse(null);
                if (status / 100 == 3 && target != null && redirects < MAX_REDIRECTS) {
                    return fetch(uri.resolve(target).normalize(), target, redirects + 1);
                }
                if (status == 404 || status == 410) {
                    throw ManifestException.missing("'" + uri + "' does not exist (status " + status + ")", null);
                }
                if (status != 200) {
                    throw new ManifestException("'" + uri + "' answered with status " + status, null, null);
                }
                return new Text(uri.toString(), read(body, uri.toString()));
            }
        } catch (IOException e) {
            throw new ManifestException("'" + uri + "' cannot be read: " + e.getMessage(), null,
                    "check the URL and the network", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ManifestException("'" + uri + "' was not read: cancelled", null, null, e);
        }
    }

    private synchronized HttpClient client() {
        if (client == null) {
            // Redirects are followed by hand, for each target must lie below a root too.
            client = HttpClient.newBuilder().connectTimeout(TIMEOUT).followRedirects(HttpClient.Redirect.NEVER).build();
        }
        return client;
    }

    private static String read(InputStream in, String name) throws IOException {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
            throw new ManifestException("'" + name + "' is longer than " + MAX_BYTES + " bytes", null, null);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static ManifestException outside(String link) {
        return new ManifestException("'" + link + "' lies outside the manifest's base", null,
                "allow its folder or URL with --root if you trust it");
    }

    /** The URL of a link as text, for messages and comparison. */
    public static String absolute(String link, String base) {
        try {
            URI uri = BaseUrl.resolve(link, base);
            return new URI(uri.getScheme(), uri.getAuthority(), uri.getPath(), null, null).toString();
        } catch (URISyntaxException e) {
            throw new ManifestException("'" + link + "' is not a link", null, null, e);
        }
    }
}
