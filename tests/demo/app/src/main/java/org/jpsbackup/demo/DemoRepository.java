package org.jpsbackup.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Properties;
import javax.jcr.RepositoryException;
import javax.jcr.Session;
import javax.jcr.SimpleCredentials;
import javax.servlet.ServletContext;
import javax.servlet.ServletContextEvent;
import javax.servlet.ServletContextListener;
import org.apache.jackrabbit.core.RepositoryImpl;
import org.apache.jackrabbit.core.config.RepositoryConfig;
import org.xml.sax.InputSource;

/** Opens the repository when the application starts and closes it when it ends. */
public final class DemoRepository implements ServletContextListener {
    private static final String ATTRIBUTE = "repository";

    @Override
    public void contextInitialized(ServletContextEvent event) {
        try (InputStream configuration = DemoRepository.class.getResourceAsStream("repository.xml")) {
            DemoSettings settings = new DemoSettings();
            Files.createDirectories(DemoSettings.DATA.resolve("repository"));
            Properties variables = new Properties();
            variables.setProperty("rep.home", DemoSettings.DATA.resolve("repository").toString());
            variables.setProperty("db.url", "jdbc:mariadb://" + DemoSettings.variable("DB_ENDPOINT") + ":3306/jahia?useSSL=false");
            variables.setProperty("db.user", DemoSettings.variable("DB_USER"));
            variables.setProperty("db.password", DemoSettings.variable("DB_PASSWORD"));
            variables.setProperty("cluster.id", settings.clusterId());
            // Binaries are written on the processing node only: it needs no other to fetch them from.
            variables.setProperty("peer", settings.isProcessing() ? "" : "http://proc:8080/record/");
            RepositoryImpl repository = RepositoryImpl.create(RepositoryConfig.create(new InputSource(configuration), variables));
            event.getServletContext().setAttribute(ATTRIBUTE, repository);
            // Jahia's marker of a restored copy: it stands for the first start only.
            Files.deleteIfExists(DemoSettings.DATA.resolve("safe-env-clone"));
        } catch (IOException | RepositoryException e) {
            throw new IllegalStateException("the repository does not open", e);
        }
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        Object repository = event.getServletContext().getAttribute(ATTRIBUTE);
        if (repository != null) {
            ((RepositoryImpl) repository).shutdown();
        }
    }

    /** A new session that sees what the cluster's other nodes have saved; log it out after use. */
    static Session login(ServletContext context) throws RepositoryException {
        RepositoryImpl repository = (RepositoryImpl) context.getAttribute(ATTRIBUTE);
        Session session = repository.login(new SimpleCredentials("admin", "admin".toCharArray()));
        session.refresh(false);
        return session;
    }
}
