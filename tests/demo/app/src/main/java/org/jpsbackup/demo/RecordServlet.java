package org.jpsbackup.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** Gives one record of the data store to the cluster's other node ({@link PeerDataStore}). */
public final class RecordServlet extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String identifier = request.getPathInfo() == null ? "" : request.getPathInfo().substring(1);
        if (!identifier.matches("[0-9a-f]{20,128}")) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST);
            return;
        }
        // Where Jackrabbit's FileDataStore keeps a record.
        Path file = DemoSettings.DATA.resolve("repository/datastore").resolve(identifier.substring(0, 2))
                .resolve(identifier.substring(2, 4)).resolve(identifier.substring(4, 6)).resolve(identifier);
        if (!Files.isRegularFile(file)) {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
            return;
        }
        response.setContentLengthLong(Files.size(file));
        Files.copy(file, response.getOutputStream());
    }
}
