import type * as pulumi from "@pulumi/pulumi";

export interface JobSpecArgs {
    /** Name of its container. */
    readonly name: string;
    readonly image: string;
    /** For /bin/sh: no secret in it, each comes by the environment. */
    readonly script: string;
    /** Variables in the open. */
    readonly variables: Readonly<Record<string, string>>;
    /** Variables from Secrets of the namespace. */
    readonly secrets: Readonly<Record<string, { readonly name: string; readonly key: string }>>;
    /** Folders with the files of Secrets of the namespace. @default none */
    readonly files?: readonly { readonly name: string; readonly folder: string; readonly secret: string }[];
    /** Changes with the secrets, and makes the Job run again. */
    readonly checksum?: pulumi.Input<string> | undefined;
    /** As of the placement. */
    readonly priorityClass?: string | undefined;
}

/** Nobody: the script writes no file that has to stay. */
const user = 65_534;

/** Seconds in which a Job has to be done, its image pulled. */
const deadline = 600;

/** A Job of one short script, with no more rights than that needs; it is tried again until the deadline. Pure. */
export function jobSpec(args: JobSpecArgs) {
    const { files = [] } = args;
    return {
        backoffLimit: 10,
        activeDeadlineSeconds: deadline,
        template: {
            metadata: {
                annotations: { ...(args.checksum === undefined ? {} : { "anchorage/secrets": args.checksum }) },
            },
            spec: {
                restartPolicy: "Never",
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                ...(args.priorityClass === undefined ? {} : { priorityClassName: args.priorityClass }),
                securityContext: {
                    runAsNonRoot: true,
                    runAsUser: user,
                    runAsGroup: user,
                    seccompProfile: { type: "RuntimeDefault" },
                },
                containers: [
                    {
                        name: args.name,
                        image: args.image,
                        command: ["/bin/sh", "-ec", args.script],
                        env: [
                            ...Object.entries(args.variables).map(([name, value]) => ({ name, value })),
                            ...Object.entries(args.secrets).map(([name, secretKeyRef]) => ({
                                name,
                                valueFrom: { secretKeyRef },
                            })),
                        ],
                        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
                        securityContext: {
                            allowPrivilegeEscalation: false,
                            readOnlyRootFilesystem: true,
                            capabilities: { drop: ["ALL"] },
                        },
                        ...(files.length === 0
                            ? {}
                            : {
                                  volumeMounts: files.map(({ name, folder }) => ({
                                      name,
                                      mountPath: folder,
                                      readOnly: true,
                                  })),
                              }),
                    },
                ],
                ...(files.length === 0
                    ? {}
                    : { volumes: files.map(({ name, secret }) => ({ name, secret: { secretName: secret } })) }),
            },
        },
    };
}
