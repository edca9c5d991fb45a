package org.jpsbackup.demo;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import javax.jcr.RepositoryException;
import javax.jcr.Session;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/**
 * POST {@code ?seed=N&count=N&bytes=N} makes binaries of about that size together: the same ones for the same
 * numbers, half of them text, half of them incompressible, of widely different sizes.
 */
public final class FillServlet extends HttpServlet {
    private static final String[] WORDS = ("backup restore node store object stream part seal catalog engine region owner"
            + " revision journal index page article image template module query group editor").split(" ");

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            long seed = Long.parseLong(request.getParameter("seed"));
            int count = Integer.parseInt(request.getParameter("count"));
            long bytes = Long.parseLong(request.getParameter("bytes"));
            if (count < 1 || count > 1_000_000 || bytes < 1 || bytes / count > 512 << 20) {
                throw new NumberFormatException();
            }
            Session session = DemoRepository.login(getServletContext());
            try {
                for (int i = 0; i < count; i++) {
                    String path = String.format("/content/seed%d/folder%03d/item%06d", seed, i % 37, i);
                    ContentServlet.store(session, path, new ByteArrayInputStream(content(seed, i, bytes / count)));
                    if (i % 50 == 49) {
                        session.save();
                    }
                }
                session.save();
            } finally {
                session.logout();
            }
            response.getWriter().println("stored " + count);
        } catch (NumberFormatException e) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST, "give seed, count and bytes as numbers");
        } catch (RepositoryException e) {
            log("filling failed", e);
            response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR, "the repository failed");
        }
    }

    private static byte[] content(long seed, int number, long meanBytes) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
        // Seven small ones of a quarter of the mean for each large one: their mean is the wanted one again.
        long size = number % 8 == 7 ? meanBytes * 25 / 4 : meanBytes / 4;
        byte[] bytes = new byte[(int) Math.max(1, size + random.nextLong(-size / 8, size / 8 + 1))];
        if (number % 2 == 0) {
            random.nextBytes(bytes);
            return bytes;
        }
        for (int offset = 0; offset < bytes.length; ) {
            byte[] word = (WORDS[random.nextInt(WORDS.length)] + (random.nextInt(12) == 0 ? "\n" : " ")).getBytes(StandardCharsets.US_ASCII);
            int length = Math.min(word.length, bytes.length - offset);
            System.arraycopy(word, 0, bytes, offset, length);
            offset += length;
        }
        return bytes;
    }
}
