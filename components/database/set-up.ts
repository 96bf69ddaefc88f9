import type * as pulumi from "@pulumi/pulumi";
import { images } from "../../config/catalogue";
import type { Settings } from "../../config/schema";
import { jobSpec } from "../job-spec";
import { names, secretKeys } from "../names";

export type ExternalDatabase = Extract<Settings["database"], { kind: "external" }>;

export interface SetUpArgs {
    readonly database: ExternalDatabase & { readonly create: NonNullable<ExternalDatabase["create"]> };
    readonly placement: Settings["placement"];
    /** The Secret with the owner's password. */
    readonly ownerSecret: string;
    /** Changes with the passwords that the program knows, so that a rotation reaches the server. */
    readonly checksum: pulumi.Input<string>;
}

/**
 * Makes the owner and the database where they are not there, and gives the owner its password. Running it again
 * changes nothing else. Names are quoted by the server (format %I, psql's :"..."), and the password goes from the
 * environment into a variable of psql (\getenv, since psql 15): it is in no argument and in no file. Who gives a
 * database to a role has to be a superuser or a member of it.
 */
export const setUpScript = `psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<'SQL'
\\getenv owner OWNER
\\getenv password OWNER_PASSWORD
\\getenv database DATABASE
-- A superuser can keep the password out of the server's log.
SELECT 'SET log_statement = ''none''' FROM pg_roles WHERE rolname = current_user AND rolsuper \\gexec
SELECT format('CREATE ROLE %I LOGIN', :'owner')
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \\gexec
ALTER ROLE :"owner" WITH LOGIN PASSWORD :'password';
SELECT format('GRANT %I TO %I', :'owner', rolname)
    FROM pg_roles WHERE rolname = current_user AND NOT rolsuper AND rolname <> :'owner' \\gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \\gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', datname, :'owner')
    FROM pg_database WHERE datname = :'database' AND pg_get_userbyid(datdba) <> :'owner' \\gexec
SQL
`;

/** Where libpq finds the authorities that a server's certificate is checked with: the public ones of the image, or its own. */
const authorities = { public: "/etc/ssl/certs/ca-certificates.crt", own: "/ca/ca.crt" } as const;

/** The Job that makes an external database, as the design document did by hand. Pure. */
export function setUpSpec({ database, placement, ownerSecret, checksum }: SetUpArgs) {
    const { create, host, port, sslmode, ca } = database;
    const authority = ca === undefined ? authorities.public : authorities.own;
    return jobSpec({
        name: "set-up",
        image: create.image ?? images.postgresClient,
        script: setUpScript,
        variables: {
            PGHOST: host,
            PGPORT: String(port),
            PGUSER: create.user,
            PGDATABASE: "postgres",
            PGSSLMODE: sslmode,
            ...(sslmode.startsWith("verify") ? { PGSSLROOTCERT: authority } : {}),
            PGCONNECT_TIMEOUT: "10",
            OWNER: database.user,
            DATABASE: database.database,
        },
        secrets: {
            PGPASSWORD: { name: create.existingSecret ?? names.databaseAdmin, key: secretKeys.database },
            OWNER_PASSWORD: { name: ownerSecret, key: secretKeys.database },
        },
        files: ca === undefined ? [] : [{ name: "ca", folder: "/ca", secret: names.databaseCa }],
        checksum,
        priorityClass: placement.priorityClass,
    });
}
