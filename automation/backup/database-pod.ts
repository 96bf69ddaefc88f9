import { randomBytes } from "node:crypto";
import path from "node:path";
import { images } from "../../config/catalogue";
import type { DatabaseOutput, SecretOutput } from "../../config/contract";

/** Name of the client Pod's container. */
export const clientContainer = "client";

/** The label by which client Pods are found, those of commands that were killed as well. */
export const clientLabel = { "app.kubernetes.io/component": "database-client" } as const;

/** Seconds that a client Pod lives at most: one whose command was killed ends by itself. */
const lifetime = 12 * 3_600;

/** Where libpq finds the authorities that a server's certificate is checked with: the public ones of the image, or its own. */
const authorities = { public: "/etc/ssl/certs/ca-certificates.crt", own: "/ca/ca.crt" } as const;

/** A name that no other client Pod of the namespace has. */
export function clientPodName(): string {
    return `anchorage-database-client-${randomBytes(4).toString("hex")}`;
}

/**
 * A Pod that does nothing until a command is run in it: PostgreSQL's client programs, with where the database is in
 * their own environment variables. The password comes from its Secret and is nobody else's to see. Pure.
 */
export function clientPod(name: string, namespace: string, database: DatabaseOutput): object {
    const { host, port, user, sslmode, ca, password } = database;
    const authority = ca === undefined ? authorities.public : authorities.own;
    const variables = {
        PGHOST: host,
        PGPORT: String(port),
        PGUSER: user,
        PGDATABASE: database.database,
        PGSSLMODE: sslmode,
        ...(sslmode.startsWith("verify") ? { PGSSLROOTCERT: authority } : {}),
        PGCONNECT_TIMEOUT: "10",
        PGAPPNAME: "anchorage",
        HOME: "/tmp",
    };
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace, labels: { "app.kubernetes.io/managed-by": "anchorage", ...clientLabel } },
        spec: {
            restartPolicy: "Never",
            activeDeadlineSeconds: lifetime,
            // Its sleep does not listen to a request to end.
            terminationGracePeriodSeconds: 1,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
                runAsNonRoot: true,
                runAsUser: 65_534,
                runAsGroup: 65_534,
                seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
                {
                    name: clientContainer,
                    image: images.postgresClient,
                    command: ["sleep", String(lifetime)],
                    env: [
                        ...Object.entries(variables).map(([key, value]) => ({ name: key, value })),
                        {
                            name: "PGPASSWORD",
                            valueFrom: { secretKeyRef: { name: password.secretName, key: password.secretKey } },
                        },
                    ],
                    // A dump is compressed as it goes.
                    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "512Mi" } },
                    securityContext: {
                        allowPrivilegeEscalation: false,
                        readOnlyRootFilesystem: true,
                        capabilities: { drop: ["ALL"] },
                    },
                    ...(ca === undefined ? {} : { volumeMounts: [{ name: "ca", mountPath: "/ca", readOnly: true }] }),
                },
            ],
            ...(ca === undefined ? {} : { volumes: [caVolume(ca)] }),
        },
    };
}

function caVolume({ secretName, secretKey }: SecretOutput): object {
    return { name: "ca", secret: { secretName, items: [{ key: secretKey, path: path.basename(authorities.own) }] } };
}
