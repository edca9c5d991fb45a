package org.jpsbackup.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import javax.jcr.RepositoryException;
import javax.jcr.Session;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** Jahia's health check: RED without a working repository, YELLOW when the disk is nearly full, else GREEN. */
public final class HealthServlet extends HttpServlet {
    private static final long LOW_DISK_BYTES = 64 << 20;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String given = request.getParameter("token");
        String token = DemoSettings.variable("jahia_cfg_healthcheck_token");
        if (given == null || !MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8))) {
            response.sendError(HttpServletResponse.SC_FORBIDDEN, "wrong token");
            return;
        }
        String repository = repository();
        String disk = Files.getFileStore(DemoSettings.DATA).getUsableSpace() < LOW_DISK_BYTES ? "YELLOW" : "GREEN";
        String status = repository.equals("RED") ? "RED" : disk;
        response.setStatus(status.equals("RED") ? HttpServletResponse.SC_SERVICE_UNAVAILABLE : HttpServletResponse.SC_OK);
        response.setContentType("application/json");
        response.getWriter().printf("{\"status\":\"%s\",\"serverId\":\"%s\",\"probes\":[{\"name\":\"Repository\",\"status\":\"%s\"},"
                + "{\"name\":\"Disk\",\"status\":\"%s\"}]}%n", status, new DemoSettings().clusterId(), repository, disk);
    }

    private String repository() {
        try {
            Session session = DemoRepository.login(getServletContext());
            try {
                // The login has read the cluster's journal, so a lost database shows; the caches would hide it.
                session.getRootNode().hasNodes();
                return "GREEN";
            } finally {
                session.logout();
            }
        } catch (RepositoryException | RuntimeException e) {
            log("health check", e);
            return "RED";
        }
    }
}
