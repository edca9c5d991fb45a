package org.jpsbackup.demo;

import java.io.IOException;
import java.io.InputStream;
import javax.jcr.Binary;
import javax.jcr.Node;
import javax.jcr.RepositoryException;
import javax.jcr.Session;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** PUT, GET and DELETE of binary content under a path of the repository. */
public final class ContentServlet extends HttpServlet {
    @Override
    protected void doPut(HttpServletRequest request, HttpServletResponse response) throws IOException {
        with(request, response, (session, path) -> {
            store(session, path, request.getInputStream());
            session.save();
            response.setStatus(HttpServletResponse.SC_CREATED);
        });
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        with(request, response, (session, path) -> {
            if (!session.propertyExists(path + "/data")) {
                response.sendError(HttpServletResponse.SC_NOT_FOUND);
                return;
            }
            Binary binary = session.getProperty(path + "/data").getBinary();
            try (InputStream in = binary.getStream()) {
                response.setContentType("application/octet-stream");
                response.setContentLengthLong(binary.getSize());
                in.transferTo(response.getOutputStream());
            } finally {
                binary.dispose();
            }
        });
    }

    @Override
    protected void doDelete(HttpServletRequest request, HttpServletResponse response) throws IOException {
        with(request, response, (session, path) -> {
            if (!session.nodeExists(path)) {
                response.sendError(HttpServletResponse.SC_NOT_FOUND);
                return;
            }
            session.getNode(path).remove();
            session.save();
            response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        });
    }

    /** Lays a stream down as the node's property {@code data}; the caller saves the session. */
    static void store(Session session, String path, InputStream content) throws RepositoryException {
        Node node = session.getRootNode();
        for (String name : path.substring(1).split("/")) {
            node = node.hasNode(name) ? node.getNode(name) : node.addNode(name, "nt:unstructured");
        }
        Binary binary = session.getValueFactory().createBinary(content);
        node.setProperty("data", binary);
        binary.dispose();
    }

    private interface Work {
        void run(Session session, String path) throws IOException, RepositoryException;
    }

    private void with(HttpServletRequest request, HttpServletResponse response, Work work) throws IOException {
        String path = request.getPathInfo();
        if (path == null || !path.matches("(/[A-Za-z0-9_.-]{1,100}){1,10}")) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST, "give a path of up to ten names");
            return;
        }
        try {
            Session session = DemoRepository.login(getServletContext());
            try {
                work.run(session, "/content" + path);
            } finally {
                session.logout();
            }
        } catch (RepositoryException e) {
            log("request for " + path + " failed", e);
            response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR, "the repository failed");
        }
    }
}
