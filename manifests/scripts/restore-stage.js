// Second step of restore.yml: checks on every node that the restore can work, then fetches, verifies and unpacks everything
// beside what it will replace, and makes it fit this environment. The services run on meanwhile. Whatever fails here, the
// staged trees are removed and the environment is as it was.
import org.jpsbackup.script.Jpsbackup;
var ENV_NAME = '${env.envName}';
var NODE_DIGEST = '${globals.nodeBundleDigest}';
var PLAN = '${globals.plan}';
var GIVEN = {
    aws_access_key: '${settings.aws_access_key.toBase64()}',
    aws_secret_key: '${settings.aws_secret_key.toBase64()}',
    node_role: '${settings.node_role.toBase64()}'
};
${globals.library}
${globals.restoreLibrary}
${globals.restoreDump}

var DATA = '/data/digital-factory-data';
var CONFIG = '/opt/tomcat/conf/digital-factory-config';
var HAPROXY = '/etc/haproxy/haproxy.cfg.d/00-global.cfg';

// Shell functions. Exit status 3 of `status` means "not running"; what a service that nobody knows answers differs
// between service managers, and old start scripts answer what they like.
var SERVICES = [
    'known() { service "$1" status >/dev/null 2>&1 </dev/null; set -- $?; [ "$1" -eq 0 ] || [ "$1" -eq 3 ]; }',
    'present() { known "$1" || [ -e "/etc/init.d/$1" ]; }',
    'running() { service "$1" status >/dev/null 2>&1 </dev/null && echo yes || echo no; }',
    'need() { for c in "$@"; do command -v "$c" >/dev/null || { echo "command \'$c\' is missing" >&2; exit 1; }; done; }',
    'user() { id "$1" >/dev/null 2>&1 || { echo "user \'$1\' is missing" >&2; exit 1; }; }'
];

function ask(nodeId, lines) {
    return values(must(nodeId, 'checking the services', SERVICES.concat(lines).join('\n')));
}

// What a node needs for its part, and what it will have replaced.
function describeTomcat(plan, id, browsing) {
    var found = ask(id, [
        'need curl awk',
        'user tomcat',
        'present tomcat || { echo "service \'tomcat\' is missing" >&2; exit 1; }',
        'grep -q "^jahia_cfg_healthcheck_token=." /.jelenv'
            + ' || { echo "variable \'jahia_cfg_healthcheck_token\' is missing in \'/.jelenv\'" >&2; exit 1; }',
        'echo "running=$(running tomcat)"',
        'grep -E "^DX_VERSION=" /.jelenv'
    ]);
    return {
        id: id, kind: browsing ? 'browsing' : 'processing', service: 'tomcat', running: found.running === 'yes',
        version: found.DX_VERSION || '', serverId: (plan.role + '.' + id).toLowerCase(),
        targets: [
            {object: plan.objects.data, target: DATA, owner: 'tomcat'},
            {object: plan.objects.config, target: CONFIG, owner: 'tomcat'},
            {object: plan.objects.variables, target: '/.jelenv'}
        ]
    };
}

// A stream of mariabackup's, an archive of its directory, or a dump.
function describeDatabase(plan, id) {
    var dump = plan.objects.database === DUMP, archive = plan.objects.database === 'database.tar';
    var found = ask(id, (dump ? DUMP_TOOLS : archive ? [] : ['need mbstream']).concat([
        'need my_print_defaults',
        'user mysql',
        's=',
        'for test in known present; do for name in mariadb mysql mysqld; do',
        '  [ -n "$s" ] || { $test "$name" && s=$name; }',
        'done; done',
        '[ -n "$s" ] || { echo "no service \'mariadb\', \'mysql\' or \'mysqld\'" >&2; exit 1; }',
        'echo "service=$s"',
        'echo "running=$(running "$s")"',
        'echo "tool=$(command -v mariabackup || command -v mariadb-backup)"',
        'echo "client=$(command -v mariadb || command -v mysql)"',
        // From the configuration, not from the server: the restore may be needed because the server does not start.
        'echo "datadir=$(my_print_defaults --mysqld | sed -n "s/^--datadir=//p" | tail -n 1)"'
    ]));
    if ((!found.tool && !dump) || !found.client) {
        fail('node ' + id + " has no 'mariabackup' or no 'mariadb' client");
    }
    return {
        id: id, kind: 'database', service: found.service, running: found.running === 'yes', tool: found.tool, client: found.client,
        targets: [{
            object: plan.objects.database, target: (found.datadir || '/var/lib/mysql').replace(/\/+$/, ''), owner: 'mysql',
            consumer: dump ? loadDump(found) : archive ? null : ['mbstream', '-x']
        }]
    };
}

function describeBalancer(plan, id) {
    var found = ask(id, [
        'present haproxy || { echo "service \'haproxy\' is missing" >&2; exit 1; }',
        'echo "running=$(running haproxy)"'
    ]);
    return {id: id, kind: 'balancer', service: 'haproxy', running: found.running === 'yes',
        targets: [{object: plan.objects.balancer, target: HAPROXY}]};
}

// A restore that was cut off while it staged left only trees that nothing uses. One that was cut off later left an
// environment between two states: only its administrator can say which one shall be.
function clearJournal(plan, id) {
    if (shell(id, '[ -e ' + JOURNAL + ' ]').status !== 0) {
        return;
    }
    var state = restoreStep(plan, id, 'status', 'reading the journal of an earlier restore').state;
    if (state !== 'staging') {
        fail("an earlier restore was cut off on node " + id + " (state '" + state + "'): run '" + nodeCommand()
            + " restore --step undo --journal " + JOURNAL + "' (or --step commit) there, for all nodes alike");
    }
    restoreStep(plan, id, 'undo', 'removing what an earlier restore had staged');
}

function fetch(plan, node, target, step, what) {
    var words = ['restore', '--step', step, '--bucket', plan.bucket, '--name', plan.name, '--timestamp', plan.timestamp,
        '--mode', plan.mode, '--object', target.object, '--into', target.target, '--journal', JOURNAL];
    if (target.owner) {
        words = words.concat(['--owner', target.owner]);
    }
    // An old backup has no seal, and a node no right to look for one.
    if (plan.old) {
        words.push('--old');
    }
    var names = (plan.old ? [] : ['backup.json']).concat(plan.segments[target.object]);
    return command(plan, node.id, what + " '" + target.object + "'", words, target.consumer || null, {read: names.map(function (name) {
        return plan.folder + '/' + name;
    })});
}

// The check of each target knows of no other; those on one filesystem need their room together.
function checkNode(plan, node) {
    var filesystems = values(must(node.id, "looking for the targets' filesystems", node.targets.map(function (target, i) {
        return 'path=' + quote(target.target) + '; while [ ! -e "$path" ]; do path=$(dirname "$path"); done; echo "' + i
            + '=$(stat -L -c %d "$path")"';
    }).join('\n')));
    var needed = {};
    node.targets.forEach(function (target, i) {
        var account = fetch(plan, node, target, 'check', 'checking');
        var filesystem = filesystems[i];
        needed[filesystem] = (needed[filesystem] || 0) + Number(account.bytes);
        if (needed[filesystem] > Number(account.bytes_free)) {
            fail('node ' + node.id + ' needs ' + Math.ceil(needed[filesystem] / 1048576) + " MiB beside '" + target.target
                + "' and other targets on its filesystem, where " + Math.floor(Number(account.bytes_free) / 1048576)
                + ' MiB are free: the old content stays until the new one is in place; free some space');
        }
    });
}

// Runs as the tree's owner: links in a restored tree then lead nowhere that its owner could not reach anyway.
function adjustData(plan, node, staging) {
    var marker = compareVersions(node.version, '7.2.3.2') < 0 ? 'backup-restore' : 'safe-env-clone';
    var lines = [
        'set -eu',
        'cd ' + quote(staging),
        'rm -rf repository/.lock repository/workspace',
        // A backup with this marker holds a search index that fits its contents; any other index is built anew.
        'if [ ! -e backup-with-JCR-index ] && [ ! -e repository/backup-with-JCR-index ]; then',
        '  rm -rf repository/index repository/workspaces/*/index',
        'fi',
        'rm -rf ' + marker + ' && : > ' + marker,
        'rm -rf modules/healthcheck-cluster*'
    ];
    if (plan.removeLinks) {
        lines.push('rm -f karaf/etc/org.jahia.modules.marketingfactory.settings-mf.cfg',
            'rm -f karaf/etc/org.jahia.modules.jexperience.settings-global.cfg',
            'rm -f modules/jexperience-*.jar modules/marketing-factory-core*.jar');
    }
    must(node.id, 'making the data directory fit', lines.join('\n'), 'tomcat');
}

function adjustConfig(node, staging) {
    var lines = [
        'set -eu',
        'cd ' + quote(staging),
        'file=jahia/jahia.node.properties',
        'there() { grep -qE "^[[:space:]]*$1[[:space:]]*[=:]" "$file"; }',
        'put() { awk -v name="$1" -v line="$1 = $2" \'',
        '  { key = $0; sub(/[ \\t]*[=:].*/, "", key); sub(/^[ \\t]*/, "", key) }',
        '  key == name { if (!done) print line; done = 1; next }',
        '  { print }',
        '  END { if (!done) print line }\' "$file" > "$file.new" && cat "$file.new" > "$file" && rm "$file.new"; }',
        'put cluster.node.serverId ' + quote(node.serverId),
        'if there jahia.session.jvmRoute; then put jahia.session.jvmRoute s' + node.id + '; fi'
    ];
    if (node.kind === 'browsing') {
        lines.push('put processingServer false');
    }
    must(node.id, 'making the configuration fit', lines.join('\n'), 'tomcat');
}

// The variables of the backup go over this node's own, but only those that a backup may hold, and never those that
// belong to this environment.
function adjustVariables(node, staging) {
    must(node.id, 'merging the variables', [
        'set -eu',
        'umask 077',
        'staged=' + quote(staging),
        'trap \'rm -f "$staged.new"\' EXIT',
        'awk \'',
        '  { key = $0; sub(/=.*/, "", key) }',
        '  FILENAME == ARGV[1] {',
        '    own = key ~ /^jahia_cfg_(healthcheck_token|mvnPath|elasticsearch_prefix|jahia_jackrabbit_datastore_path)$/',
        '    if (index($0, "=") && key ~ /^(jahia|tomcat)_cfg_/ && !own) {',
        '      if (!(key in line)) order[++count] = key',
        '      line[key] = $0',
        '    }',
        '    next',
        '  }',
        '  key in line { if (!(key in printed)) print line[key]; printed[key] = 1; next }',
        '  { print }',
        '  END { for (i = 1; i <= count; i++) if (!(order[i] in printed)) print line[order[i]] }',
        '\' "$staged" /.jelenv > "$staged.new"',
        'cat "$staged.new" > "$staged"'
    ].join('\n'));
}

function prepareDatabase(plan, node, target, staging) {
    must(node.id, 'preparing the database', ['set -eu'].concat(plan.objects.database === DUMP ? [] : [
        'failed=no',
        'out=$(mktemp)',
        'trap \'rm -f "$out"\' EXIT',
        quote(node.tool) + ' --prepare --target-dir=' + quote(staging) + ' > "$out" 2>&1 < /dev/null || failed=yes',
        'if [ "$failed" = yes ] || ! tail -n 1 "$out" | grep -q "completed OK!"; then tail -n 20 "$out" >&2; exit 1; fi'
    ], [
        'chown -R -h mysql:mysql ' + quote(staging),
        // The stream holds no directory that the data directory's mode could come from.
        '[ ! -d ' + quote(target) + ' ] || chmod --reference=' + quote(target) + ' ' + quote(staging)
    ]).join('\n'));
}

// Sends what is meant for the processing node to this environment's, and lets HAProxy run external checks.
function adjustBalancer(plan, node, staging) {
    must(node.id, "making HAProxy's file fit", [
        'set -eu',
        'staged=' + quote(staging),
        'trap \'rm -f "$staged.new"\' EXIT',
        'sed -E \'/^[[:space:]]*use_backend[[:space:]]+proc([[:space:]]|$)/ s/([[:space:]])s[0-9]+([[:space:]]|$)/\\1s' + plan.proc
            + '\\2/g\' "$staged" | awk \'',
        '  { lines[++count] = $0 }',
        '  /^[ \\t]*external-check([ \\t]|$)/ { there = 1 }',
        '  END {',
        '    for (i = 1; i <= count; i++) {',
        '      print lines[i]',
        '      if (!there && lines[i] ~ /^[ \\t]*global([ \\t]|$)/) { print "    external-check"; there = 1 }',
        '    }',
        '    if (!there) print "global\\n    external-check"',
        '  }\' > "$staged.new"',
        'cat "$staged.new" > "$staged"'
    ].join('\n'));
}

function stageNode(plan, node) {
    node.targets.forEach(function (target) {
        var staging = fetch(plan, node, target, 'stage', 'staging').staging;
        if (target.target === DATA) {
            adjustData(plan, node, staging);
        } else if (target.target === CONFIG) {
            adjustConfig(node, staging);
        } else if (target.target === '/.jelenv') {
            adjustVariables(node, staging);
        } else if (node.kind === 'database') {
            prepareDatabase(plan, node, target.target, staging);
        } else {
            adjustBalancer(plan, node, staging);
        }
    });
    // What was changed after the command had synced it must reach the disk before the exchange, too.
    must(node.id, 'writing to the disk', 'sync');
}

return run(function () {
    var plan = keptPlan();
    plan.nodes = [describeDatabase(plan, plan.database)];
    plan.processing.forEach(function (id) {
        plan.nodes.push(describeTomcat(plan, id, false));
    });
    plan.browsing.forEach(function (id) {
        plan.nodes.push(describeTomcat(plan, id, true));
    });
    if (plan.objects.balancer !== null) {
        plan.balancers.forEach(function (id) {
            plan.nodes.push(describeBalancer(plan, id));
        });
    }
    startNodes(plan, changedNodes(plan));
    changedNodes(plan).forEach(function (id) {
        clearJournal(plan, id);
    });
    plan.nodes.forEach(function (node) {
        checkNode(plan, node);
    });
    try {
        plan.nodes.forEach(function (node) {
            stageNode(plan, node);
        });
    } catch (e) {
        var problems = undoAll(plan);
        fail(reason(e) + '; no service was stopped and nothing is changed'
            + (problems.length ? ', but staged files remain: ' + problems.join('; ') : ''));
    }
    return keepPlan(plan);
});
