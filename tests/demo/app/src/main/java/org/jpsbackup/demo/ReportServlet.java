package org.jpsbackup.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.TreeMap;
import javax.jcr.Binary;
import javax.jcr.Node;
import javax.jcr.NodeIterator;
import javax.jcr.RepositoryException;
import javax.jcr.Session;
import javax.jcr.query.Query;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/**
 * What the repository holds, in four lines: number of binaries, their bytes, the SHA-256 of all paths and
 * contents in order, and how many the search index finds. Equal content gives equal lines on every node.
 */
public final class ReportServlet extends HttpServlet {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            Session session = DemoRepository.login(getServletContext());
            try {
                Sum sum = new Sum();
                if (session.nodeExists("/content")) {
                    sum.add(session.getNode("/content"));
                }
                response.setContentType("text/plain");
                response.getWriter().printf("count %d%nbytes %d%nsha256 %s%nindexed %d%n", sum.count, sum.bytes,
                        hex(sum.digest.digest()), indexed(session));
            } finally {
                session.logout();
            }
        } catch (RepositoryException | NoSuchAlgorithmException e) {
            log("report failed", e);
            response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR, "the repository failed");
        }
    }

    private static long indexed(Session session) throws RepositoryException {
        NodeIterator found = session.getWorkspace().getQueryManager()
                .createQuery("SELECT * FROM [nt:unstructured] WHERE [data] IS NOT NULL AND ISDESCENDANTNODE('/content')", Query.JCR_SQL2)
                .execute().getNodes();
        long count = 0;
        while (found.hasNext()) {
            found.nextNode();
            count++;
        }
        return count;
    }

    private static final class Sum {
        final MessageDigest digest = MessageDigest.getInstance("SHA-256");
        long count;
        long bytes;

        Sum() throws NoSuchAlgorithmException {}

        void add(Node node) throws RepositoryException, IOException, NoSuchAlgorithmException {
            if (node.hasProperty("data")) {
                MessageDigest content = MessageDigest.getInstance("SHA-256");
                Binary binary = node.getProperty("data").getBinary();
                try (InputStream in = new DigestInputStream(binary.getStream(), content)) {
                    bytes += in.transferTo(java.io.OutputStream.nullOutputStream());
                } finally {
                    binary.dispose();
                }
                count++;
                digest.update((node.getPath() + " " + hex(content.digest()) + "\n").getBytes(StandardCharsets.UTF_8));
            }
            TreeMap<String, Node> children = new TreeMap<>();
            for (NodeIterator nodes = node.getNodes(); nodes.hasNext(); ) {
                Node child = nodes.nextNode();
                children.put(child.getName(), child);
            }
            for (Node child : children.values()) {
                add(child);
            }
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte value : bytes) {
            text.append(HEX[value >> 4 & 15]).append(HEX[value & 15]);
        }
        return text.toString();
    }
}
