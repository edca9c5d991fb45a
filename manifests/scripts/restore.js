// Last step of restore.yml: stops the services, exchanges everything that was staged, and starts them again. One script
// drives it, because a manifest's steps cannot catch errors: whatever fails before the commit, the old state is put
// back, its services are started, and the error says what failed and whether the old state is really back.
import org.jpsbackup.script.Jpsbackup;
var ENV_NAME = '${env.envName}';
var NODE_DIGEST = '${globals.nodeBundleDigest}';
var PLAN = '${globals.plan}';
var GIVEN = {};
${globals.library}
${globals.restoreLibrary}

var LOG = '/var/log/jelastic-packages/restore.log';
var HAPROXY = '/etc/haproxy/haproxy.cfg.d/00-global.cfg';

function stopService(node) {
    // Not every service manager says truly what became of a stop, so what counts is that it does not run afterwards.
    must(node.id, "stopping '" + node.service + "'", [
        'service ' + node.service + ' stop < /dev/null > /dev/null 2>> ' + LOG,
        'end=$(( $(date +%s) + 120 ))',
        'while service ' + node.service + ' status > /dev/null 2>&1 < /dev/null; do',
        '  [ "$(date +%s)" -lt "$end" ] || { echo "it still runs after 120 s" >&2; exit 1; }',
        '  sleep 1',
        'done'
    ].join('\n'));
}

// Through a file and not through a pipe: a daemon that keeps its standard output would hold a pipe open for ever.
function serviceDoes(node, action, checked) {
    return [
        'out=$(mktemp)',
        'trap \'rm -f "$out"\' EXIT',
        'service ' + node.service + ' ' + action + ' < /dev/null > "$out" 2>&1',
        checked ? 'status=$?' : 'status=0',
        'cat "$out" >> ' + LOG,
        '[ $status -eq 0 ] && service ' + node.service + ' status > /dev/null 2>&1 < /dev/null && exit 0',
        'tail -n 3 "$out" >&2',
        'exit 1'
    ].join('\n');
}

function startService(node) {
    must(node.id, "starting '" + node.service + "'", serviceDoes(node, 'start', false));
}

function startDatabase(node) {
    startService(node);
    must(node.id, 'waiting for the database', [
        'end=$(( $(date +%s) + 120 ))',
        'until echo "SELECT 1" | ' + quote(node.client) + ' --user=root > /dev/null 2>&1; do',
        '  service ' + node.service + ' status > /dev/null 2>&1 < /dev/null || { echo "it ended while it started" >&2; exit 1; }',
        '  [ "$(date +%s)" -lt "$end" ] || { echo "it takes no connection after 120 s" >&2; exit 1; }',
        '  sleep 1',
        'done'
    ].join('\n'));
}

// Tomcat must stay alive and its application become GREEN or YELLOW. The token goes from the node's own variables to curl's
// standard input, so that it stands on no command line.
function awaitHealth(node) {
    must(node.id, 'waiting for a healthy application', [
        'value() { sed -n "s/^$1=//p" /.jelenv | tail -n 1; }',
        'minutes=$(value HEALTHCHECK_DURATION)',
        'case $minutes in "" | *[!0-9]*) minutes=10;; esac',
        'token=$(value jahia_cfg_healthcheck_token | sed \'s/[\\\\"]/\\\\&/g\')',
        'end=$(( $(date +%s) + minutes * 60 ))',
        'answer=none',
        'while :; do',
        '  service tomcat status > /dev/null 2>&1 < /dev/null || { echo "tomcat ended" >&2; exit 1; }',
        '  answer=$(printf \'data-urlencode = "token=%s"\\n\' "$token" |',
        '    curl --silent --show-error --get --noproxy "*" --max-time 20 -K - http://127.0.0.1:8080/modules/healthcheck 2>&1)',
        '  states=$(printf "%s" "$answer" | grep -oE \'"(status|health)"[[:space:]]*:[[:space:]]*"(GREEN|YELLOW|RED)"\')',
        // One probe that is RED makes the whole RED.
        '  case $states in *RED*) ;; *GREEN* | *YELLOW*) exit 0;; esac',
        '  [ "$(date +%s)" -lt "$end" ] || break',
        '  sleep 1',
        'done',
        'echo "not healthy after $minutes minutes, last answer: $(printf "%s" "$answer" | tr "\\n" " " | cut -c 1-300)" >&2',
        'exit 1'
    ].join('\n'));
}

function sql(node, what, statements) {
    return must(node.id, what, 'printf "%s\\n" ' + quote(statements) + ' | ' + quote(node.client)
        + ' --user=root --batch --skip-column-names');
}

function variablesOf(nodeId) {
    return values(String(answered(api.env.file.Read({envName: ENV_NAME, session: session, path: '/.jelenv', nodeId: nodeId}),
        'reading the variables of node ' + nodeId).body));
}

// The backup brought its own environment's users; this environment's application knows only its own name and password.
// They go from one node to the other through the file API, into a file that only root can read.
function makeUsers(plan, database) {
    var variables = variablesOf(plan.proc), monitoring = variablesOf(database.id);
    ['DB_USER', 'DB_PASSWORD'].forEach(function (name) {
        if (!variables[name] || /[\u0000-\u001f]/.test(variables[name])) {
            fail("variable '" + name + "' is missing in '/.jelenv' on node " + plan.proc);
        }
    });
    function literal(value) {
        return "'" + value.replace(/'/g, "''") + "'";
    }
    var user = literal(variables.DB_USER) + "@'%'";
    var statements = [
        "SELECT GROUP_CONCAT(QUOTE(User), '@', QUOTE(Host)) INTO @old FROM mysql.user WHERE User LIKE 'jahia-db-%';",
        "EXECUTE IMMEDIATE IF(@old IS NULL, 'DO 0', CONCAT('DROP USER ', @old));",
        // Then a backslash in a password is only a backslash.
        "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';",
        'CREATE OR REPLACE USER ' + user + ' IDENTIFIED BY ' + literal(variables.DB_PASSWORD) + ';',
        'GRANT ALL PRIVILEGES ON `jahia`.* TO ' + user + ';'
    ];
    if (monitoring.MONITORING_USER && monitoring.MONITORING_PASSWORD) {
        statements.push('ALTER USER IF EXISTS ' + literal(monitoring.MONITORING_USER) + "@'%' IDENTIFIED BY "
            + literal(monitoring.MONITORING_PASSWORD) + ';');
    }
    var file = writeSecret(database.id, 'users', statements.join('\n') + '\n');
    try {
        must(database.id, "making the application's database user", quote(database.client) + ' --user=root < ' + quote(file));
    } finally {
        shell(database.id, 'rm -f -- ' + quote(file));
    }
}

function clusterIds(plan) {
    return tomcats(plan).map(function (node) {
        return "'" + node.serverId + "'";
    }).join(', ');
}

function tomcats(plan) {
    return nodesOfKind(plan, 'processing').concat(nodesOfKind(plan, 'browsing'));
}

// Before 7.3.2.0 a browsing node would replay the whole journal if its file did not tell where the database stands.
function writeRevisions(plan, database) {
    var old = nodesOfKind(plan, 'browsing').filter(function (node) {
        return compareVersions(node.version, '7.3.2.0') < 0;
    });
    if (old.length === 0) {
        return;
    }
    var revision = sql(database, 'reading the highest revision', 'SELECT COALESCE(MAX(REVISION_ID), 0) FROM jahia.JR_J_LOCAL_REVISIONS;').trim();
    if (!/^\d+$/.test(revision)) {
        fail("the database's highest revision is '" + revision + "' instead of a number");
    }
    old.forEach(function (node) {
        var file = '/data/digital-factory-data/repository/revisionNode';
        command(plan, node.id, 'writing the revision', ['revision-node', '-n', revision, '-f', file], null, null);
        must(node.id, 'writing the revision', 'chown -h tomcat:tomcat ' + file);
    });
}

function switchOver(plan, database) {
    tomcats(plan).forEach(stopService);
    stopService(database);
    changedNodes(plan).forEach(function (id) {
        restoreStep(plan, id, 'swap', 'exchanging old and restored');
    });
    startDatabase(database);
    makeUsers(plan, database);
    writeRevisions(plan, database);
    tomcats(plan).forEach(function (node) {
        startService(node);
        awaitHealth(node);
    });
    sql(database, 'removing revisions of other environments',
        'DELETE FROM jahia.JR_J_LOCAL_REVISIONS WHERE LOWER(JOURNAL_ID) NOT IN (' + clusterIds(plan) + ');');
    nodesOfKind(plan, 'balancer').forEach(reloadBalancer);
}

function reloadBalancer(node) {
    if (!node.running) {
        startService(node);
        return;
    }
    must(node.id, "reloading 'haproxy'", serviceDoes(node, 'reload', true));
}

// Brings the old state back and answers what of it could not be brought back.
function backToOld(plan, database) {
    var problems = [];
    function attempt(action, node) {
        try {
            insist(function () {
                action(node);
            });
        } catch (e) {
            problems.push(reason(e));
        }
    }
    tomcats(plan).concat([database]).forEach(function (node) {
        attempt(stopService, node);
    });
    problems = problems.concat(undoAll(plan));
    // What did not run before the restore is not started after it either.
    if (database.running) {
        attempt(startDatabase, database);
    }
    tomcats(plan).forEach(function (node) {
        if (node.running) {
            attempt(startService, node);
            attempt(awaitHealth, node);
        }
    });
    nodesOfKind(plan, 'balancer').forEach(function (node) {
        if (node.running) {
            attempt(reloadBalancer, node);
        }
    });
    return problems;
}

// What the platform keeps outside of the nodes' files, and what cannot be undone, comes last.
function finish(plan) {
    var problems = [];
    changedNodes(plan).forEach(function (id) {
        try {
            insist(function () {
                restoreStep(plan, id, 'commit', 'removing the old state');
            });
        } catch (e) {
            problems.push(reason(e));
        }
    });
    nodesOfKind(plan, 'balancer').forEach(function (node) {
        try {
            var enabled = must(node.id, "reading HAProxy's file", 'grep -qE "^[[:space:]]*http-request[[:space:]]+auth([[:space:]]|$)" '
                + HAPROXY + ' && echo true || echo false');
            answered(api.env.control.AddContainerEnvVars({envName: ENV_NAME, session: session, nodeId: node.id,
                vars: JSON.stringify({auth_basic_enabled: enabled})}), "setting 'auth_basic_enabled' on node " + node.id);
        } catch (e) {
            problems.push(reason(e));
        }
    });
    if (plan.removeLinks) {
        ['proc', 'cp'].forEach(function (group) {
            if (group === 'cp' && plan.browsing.length === 0) {
                return;
            }
            try {
                answered(api.env.control.ApplyNodeGroupData({envName: ENV_NAME, session: session, nodeGroup: group,
                    data: JSON.stringify({envLink: ''})}), "removing the link of the node group '" + group + "'");
            } catch (e) {
                problems.push(reason(e));
            }
        });
    }
    return problems;
}

return run(function () {
    var plan = keptPlan();
    var database = nodesOfKind(plan, 'database')[0];
    var problems;
    try {
        switchOver(plan, database);
    } catch (e) {
        problems = backToOld(plan, database);
        fail(reason(e) + (problems.length === 0 ? '; the old state is back' : '; the old state is NOT wholly back: ' + problems.join('; ')));
    }
    problems = finish(plan);
    if (problems.length > 0) {
        fail('the backup is restored and in use, but: ' + problems.join('; '));
    }
    return {result: 0, backup: plan.name, timestamp: plan.timestamp, mode: plan.mode};
});
