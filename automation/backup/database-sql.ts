import { unframe } from "./frames";

/**
 * What the client Pod runs: shell scripts for /bin/sh and SQL for psql. None of them has an argument with a value of the
 * stack: where the database is comes by libpq's environment variables.
 */

/** Printed by a script that came to its end, and by nothing else. */
export const endMark = "\nanchorage: whole\n";

/** psql that stops at the first error, whose context, and so rows of tables, it keeps to itself. */
const psql = "psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=terse";

/** Runs the query that is its first argument; its one value is printed. */
export const queryScript = `exec ${psql} -A -t -c "$1"`;

/** Harbor's own schema; others of the same database are an operator's (Zalando's has metric_helpers, owned by postgres). */
const schema = "public";

/** Prints an archive of Harbor's schema, then the mark. */
export const dumpScript =
    `pg_dump --format=custom --schema=${schema} --no-privileges --no-password --lock-wait-timeout=60s && ` +
    `printf '%s' '${endMark}'`;

/**
 * Drops what is in Harbor's schema, not the schema: that may belong to another role, has its privileges, and may hold
 * extensions, which are the operator's. Every name is taken down before the first object goes, since one may take
 * others along.
 */
const clearSql = `DO $clear$
DECLARE statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY(
        SELECT format('DROP %s IF EXISTS %I.%I CASCADE', CASE relkind
            WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
            WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, '${schema}', relname)
        FROM pg_class WHERE relnamespace = '${schema}'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
            AND NOT EXISTS (SELECT FROM pg_depend
                WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('e', 'i', 'a'))
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS %I.%I(%s) CASCADE', '${schema}', proname,
            pg_get_function_identity_arguments(oid))
        FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend
                WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
        UNION ALL
        SELECT format('DROP TYPE IF EXISTS %I.%I CASCADE', '${schema}', typname)
        FROM pg_type WHERE typnamespace = '${schema}'::regnamespace AND typtype IN ('e', 'd', 'r')
            AND NOT EXISTS (SELECT FROM pg_depend
                WHERE classid = 'pg_type'::regclass AND objid = pg_type.oid AND deptype = 'e')
    ) LOOP EXECUTE statement; END LOOP;
END $clear$;`;

/**
 * Puts the archive from standard input, in frames, in the place of what is there, in one transaction. It is committed only after
 * pg_restore has read the archive to its end: psql would take the end of its input for the end of the work. pg_restore
 * 17 and later sets transaction_timeout, which older servers do not know (its output is for a server of its own version);
 * where the server does, it is set before. Only the lines before the first table's content are looked at.
 */
export const restoreScript = `${unframe}
unframe | { cat <<'SQL'
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '30s';
SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN ('transaction_timeout', 'statement_timeout');
${clearSql}
SQL
pg_restore --file=- --schema=${schema} --exit-on-error --no-owner --no-privileges &&
printf '%s\\n' 'COMMIT;' '\\echo ${endMark.trim()}'
} | sed -e '1,/^COPY /{/^SET transaction_timeout = 0;$/d;}' | ${psql} -o /dev/null`;

/**
 * Harbor's tables. A deleted project keeps its row (`deleted`), in Harbor's own schema; read as JSON, so that a table
 * without that column counts as well.
 */
export const countsSql = `SELECT json_build_object(
    'projects', (SELECT count(*) FROM project
        WHERE NOT coalesce((to_jsonb(project)->>'deleted')::boolean, false)),
    'repositories', (SELECT count(*) FROM repository),
    'artifacts', (SELECT count(*) FROM artifact))`;

export const versionSql = "SHOW server_version";

/** Bytes on the server's disk. */
export const sizeSql = "SELECT pg_database_size(current_database())";

/** Connections that the server still gives to roles without privileges. */
export const freeConnectionsSql = `SELECT current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int
    - count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' OR backend_type IS NULL`;

/**
 * Who else is connected to the database as Harbor's own role: [name of the application, address]. Sessions of other roles
 * are those of operators and of monitoring.
 */
export const sessionsSql = `SELECT coalesce(json_agg(json_build_array(application_name, coalesce(host(client_addr), 'its own host'))), '[]')
    FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()`;
