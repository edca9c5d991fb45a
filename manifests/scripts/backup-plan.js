// First step of backup.yml: checks the parameters, reads what the environment is, and decides where the backup goes.
// It changes nothing; what it finds out is the plan for backup.js.
import org.jpsbackup.script.Jpsbackup;
var ENV_NAME = '${env.envName}';
var GIVEN = {
    backup_name: '${settings.backup_name.toBase64()}',
    aws_access_key: '${settings.aws_access_key.toBase64()}',
    aws_secret_key: '${settings.aws_secret_key.toBase64()}',
    env: '${settings.env.toBase64()}',
    timestamp: '${settings.timestamp.toBase64()}',
    retention: '${settings.retention.toBase64()}',
    backtype: '${settings.backtype.toBase64()}',
    store: '${settings.store.toBase64()}',
    endpoint: '${settings.endpoint.toBase64()}',
    node_role: '${settings.node_role.toBase64()}',
    node_hours: '${settings.node_hours.toBase64()}',
    encryption: '${settings.encryption.toBase64()}',
    lock_mode: '${settings.lock_mode.toBase64()}',
    lock_days: '${settings.lock_days.toBase64()}'
};
${globals.library}
${globals.parameters}

return run(function () {
    var plan = {
        log: '/var/log/jelastic-packages/backup.log',
        name: checkedName(setting('backup_name')),
        timestamp: checkedTimestamp(setting('timestamp')) || presentMinute(),
        mode: oneOf('backtype', setting('backtype'), ['manual', 'auto']),
        retention: checkedRetention(setting('retention')),
        grantSeconds: checkedHours(setting('node_hours')) * 3600,
        lock: checkedLock()
    };
    checkedRole(setting('node_role'));
    oneOf('env', setting('env'), ['dev', 'preprod', 'prod']);

    var info = environmentInfo(ENV_NAME);
    requireJahia(info, ENV_NAME);
    plan.proc = info.groups.proc[0];
    plan.databases = info.groups.sqldb;
    plan.balancer = info.groups.bl ? info.groups.bl[0] : null;

    var place = placeOf(plan.proc);
    var variables = values(must(plan.proc, "reading '/.jelenv'", "grep -E '^DX_VERSION=' /.jelenv || :"));
    if (!variables.DX_VERSION) {
        fail("node " + plan.proc + " has no variable 'DX_VERSION': it is no Jahia node");
    }
    var uid = ownerOf(info);
    plan.environment = {
        product: 'dx', version: variables.DX_VERSION, cloudprovider: place.provider, region: place.region,
        envrole: place.role, envname: ENV_NAME, displayname: String(info.env.displayName || ENV_NAME), uid: uid
    };
    var where = whereabouts(place, uid, plan.name);
    plan.store = where.store;
    plan.bucket = where.bucket;
    plan.location = where.location;
    var encryption = checkedEncryption(plan.store);
    if (encryption !== null) {
        plan.store.serverSideEncryption = encryption;
    }
    plan.catalog = catalogOf(plan.store, place.role, uid);

    // A catalog that cannot be read could not be written at the end either.
    engine('reading the catalog', Jpsbackup.listCatalog({
        store: withKeys(plan.catalog.store, plan.catalog.region), bucket: plan.catalog.bucket, key: plan.catalog.key
    }));
    if (isAzure(plan.store)) {
        checkAccount(plan.store, plan.location);
    }
    if (plan.lock !== null) {
        engine("parameter 'lock_mode' is '" + plan.lock.lock + "'", Jpsbackup.checkProtection({
            store: withKeys(plan.store), bucket: plan.bucket, lock: plan.lock.lock, lockDays: plan.lock.lockDays
        }));
    }
    return keepPlan(plan);
});
