package org.jpsrun.local;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import org.jpsrun.platform.EnvironmentException;

/** Serves a folder's files by HTTP until the runner ends: GET and HEAD, no listings, nothing outside the folder. */
final class FileServer {
    private static final int FIRST_PORT = 18080;
    private static final int LAST_PORT = 18979;

    private final Path root;

    private FileServer(Path root) {
        this.root = root;
    }

    /** Starts to serve on the first free port and returns the base URL. */
    static String start(String address, Path directory) {
        try {
            Path root = directory.toRealPath();
            if (!Files.isDirectory(root)) {
                throw new EnvironmentException("'" + directory + "' is not a folder", "name the folder that holds the manifest");
            }
            HttpServer server = listen(address);
            server.createContext("/", new FileServer(root)::handle);
            server.setExecutor(Executors.newFixedThreadPool(8, task -> {
                Thread thread = new Thread(task, "file server");
                thread.setDaemon(true);
                return thread;
            }));
            // The server's own thread would otherwise keep the runner alive for ever.
            Thread starter = new Thread(server::start, "file server");
            starter.setDaemon(true);
            starter.start();
            starter.join();
            return "http://" + address + ":" + server.getAddress().getPort() + "/";
        } catch (IOException e) {
            throw new EnvironmentException("cannot serve '" + directory + "' on '" + address + "': " + e.getMessage(),
                    "the environment must be running", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EnvironmentException("starting to serve '" + directory + "' was interrupted", null, e);
        }
    }

    private static HttpServer listen(String address) throws IOException {
        for (int port = FIRST_PORT; ; port++) {
            try {
                return HttpServer.create(new InetSocketAddress(address, port), 0);
            } catch (java.net.BindException e) {
                // In use; or, at the last one, the address is not this machine's.
                if (port == LAST_PORT) {
                    throw e;
                }
            }
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try {
            boolean head = exchange.getRequestMethod().equals("HEAD");
            if (!head && !exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                exchange.sendResponseHeaders(405, -1);
                return;
            }
            Path file = find(exchange.getRequestURI().getPath());
            if (file == null) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            try (InputStream in = Files.newInputStream(file)) {
                long size = Files.size(file);
                exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
                if (head) {
                    exchange.getResponseHeaders().set("Content-Length", String.valueOf(size));
                }
                // -1 announces no body at all; 0 would announce one of unknown length.
                exchange.sendResponseHeaders(200, head || size == 0 ? -1 : size);
                if (!head) {
                    in.transferTo(exchange.getResponseBody());
                }
            }
        } finally {
            exchange.close();
        }
    }

    /** The file that a request's path means, or null; links are followed first and must end in the folder. */
    private Path find(String path) {
        try {
            if (path == null || !path.startsWith("/")) {
                return null;
            }
            Path file = root.resolve(path.substring(1)).toRealPath();
            return file.startsWith(root) && Files.isRegularFile(file) ? file : null;
        } catch (IOException | InvalidPathException e) {
            return null;
        }
    }
}
