package org.jpsbackup;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Answers as AWS's services, Azure's login and Azure Resource Manager do where all goes well or something is not there. What they ask of
 * requests is the native tests' matter.
 */
public final class FakeClouds implements AutoCloseable {
    public static final String SECRET = "wJalrXUtnFEMI-K7MDENG";
    public static final String TENANT = "11111111-2222-3333-4444-555555555555";
    public static final String SUBSCRIPTION = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

    /** The requests' lines and bodies. */
    public final List<String> asked = new CopyOnWriteArrayList<>();
    private final Map<String, String> secrets = new HashMap<>();
    private final TreeSet<String> things = new TreeSet<>();
    private final HttpServer server;

    public FakeClouds() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public String principal() {
        return "{\"clientId\": \"client\", \"clientSecret\": \"" + SECRET + "\", \"tenantId\": \"" + TENANT + "\", \"subscriptionId\": \""
                + SUBSCRIPTION + "\", \"activeDirectoryEndpointUrl\": \"" + endpoint() + "\", \"resourceManagerEndpointUrl\": \"" + endpoint()
                + "\"}";
    }

    public AwsOptions aws() {
        return new AwsOptions().region("eu-west-1").endpoint(endpoint()).credentials("AKID", SECRET.toCharArray()).tries(1);
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String path = exchange.getRequestURI().getPath();
        asked.add(exchange.getRequestMethod() + " " + path + " " + body);
        String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
        if (target != null) {
            secret(exchange, target.replace("secretsmanager.", ""), body);
        } else if (path.equals("/")) {
            Map<String, String> form = form(body);
            query(exchange, form.get("Action"), form);
        } else if (path.endsWith("/token")) {
            reply(exchange, 200, "{\"token_type\": \"Bearer\", \"expires_in\": 3600, \"access_token\": \"t0ken\"}");
        } else {
            manage(exchange, exchange.getRequestMethod(), path);
        }
    }

    private void secret(HttpExchange exchange, String action, String body) throws IOException {
        Map<String, Object> input = Json.readObject(body.getBytes(StandardCharsets.UTF_8));
        if (action.equals("CreateSecret")) {
            secrets.put((String) input.get("Name"), (String) input.get("SecretString"));
            reply(exchange, 200, "{\"ARN\": \"arn:x\", \"VersionId\": \"v1\"}");
            return;
        }
        String text = action.equals("DeleteSecret") ? secrets.remove(input.get("SecretId")) : secrets.get(input.get("SecretId"));
        if (text == null) {
            reply(exchange, 400, "{\"__type\": \"ResourceNotFoundException\", \"message\": \"not there\"}");
        } else {
            reply(exchange, 200, "{\"ARN\": \"arn:x\", \"VersionId\": \"v1\", \"SecretString\": \"" + text + "\"}");
        }
    }

    private void query(HttpExchange exchange, String action, Map<String, String> form) throws IOException {
        String user = form.get("UserName");
        String key = user + "/key";
        String policy = user + "/" + form.get("PolicyName");
        String keys = "<AccessKeyId>AKNEW</AccessKeyId><SecretAccessKey>" + SECRET + "</SecretAccessKey>";
        switch (action) {
            case "GetCallerIdentity":
                xml(exchange, action, "<Arn>arn:aws:iam::1:user/me</Arn><UserId>AIDA</UserId><Account>000000000001</Account>");
                break;
            case "GetFederationToken":
                xml(exchange, action, "<Credentials>" + keys + "<SessionToken>tok</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
                        + "</Credentials>");
                break;
            case "CreateUser":
                things.add(user);
                xml(exchange, action, "<User><UserName>" + user + "</UserName><Arn>arn:u</Arn><UserId>AIDU</UserId></User>");
                break;
            case "CreateAccessKey":
                things.add(key);
                xml(exchange, action, "<AccessKey><UserName>" + user + "</UserName>" + keys + "</AccessKey>");
                break;
            case "ListAccessKeys":
                xml(exchange, action, "<AccessKeyMetadata>"
                        + (things.contains(key) ? "<member><AccessKeyId>AKNEW</AccessKeyId></member>" : "") + "</AccessKeyMetadata>");
                break;
            case "PutUserPolicy":
                things.add(policy);
                xml(exchange, action, "");
                break;
            default:
                String thing = action.endsWith("Policy") ? policy : action.endsWith("Key") ? key : user;
                if (action.startsWith("Delete") ? things.remove(thing) : things.contains(thing)) {
                    xml(exchange, action, "");
                } else {
                    reply(exchange, 404, "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>not there</Message></Error></ErrorResponse>");
                }
        }
    }

    private void manage(HttpExchange exchange, String method, String path) throws IOException {
        String name = path.replaceFirst("/listKeys$", "").replaceFirst(".*/", "");
        if (path.endsWith("/checkNameAvailability")) {
            reply(exchange, 200, "{\"nameAvailable\": true}");
        } else if (method.equals("PUT")) {
            things.add(name);
            reply(exchange, 200, account(name));
        } else if (!things.contains(name)) {
            reply(exchange, method.equals("DELETE") ? 204 : 404, "{\"error\": {\"code\": \"ResourceNotFound\", \"message\": \"not there\"}}");
        } else if (method.equals("DELETE")) {
            things.remove(name);
            reply(exchange, 200, "");
        } else {
            reply(exchange, 200, method.equals("GET") ? account(name) : "{\"keys\": [{\"keyName\": \"key1\", \"value\": \"a2V5\"}]}");
        }
    }

    private static String account(String name) {
        return "{\"name\": \"" + name + "\", \"location\": \"westeurope\", \"kind\": \"StorageV2\", \"sku\": {\"name\": \"Standard_RAGRS\"},"
                + " \"properties\": {\"provisioningState\": \"Succeeded\", \"statusOfPrimary\": \"available\"}}";
    }

    private static Map<String, String> form(String body) {
        Map<String, String> form = new HashMap<>();
        for (String pair : body.split("&")) {
            String[] both = pair.split("=", 2);
            form.put(both[0], URLDecoder.decode(both[both.length - 1], StandardCharsets.UTF_8));
        }
        return form;
    }

    private static void xml(HttpExchange exchange, String action, String result) throws IOException {
        reply(exchange, 200, "<" + action + "Response><" + action + "Result>" + result + "</" + action + "Result></" + action + "Response>");
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, status == 204 || bytes.length == 0 ? -1 : bytes.length);
        if (status != 204) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }
}
